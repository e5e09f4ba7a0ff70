using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Devices;

/// <summary>A home that is held while a device becomes part of an account.</summary>
public sealed class HeldHomeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task What_could_not_be_held_whole_is_let_go_of()
    {
        var store = new FileDeviceStore(_folder.Path);
        // Who holds it cannot be written down, as on a full disk.
        Directory.CreateDirectory(_folder["device.holder"]);
        await Assert.ThrowsAnyAsync<Exception>(async () => await store.HoldAsync(default));
        Directory.Delete(_folder["device.holder"]);
        await using var held = await store.HoldAsync(default);
        Assert.NotNull(held);
    }

    public void Dispose() => _folder.Dispose();
}
