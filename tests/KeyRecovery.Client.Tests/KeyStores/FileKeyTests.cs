using KeyRecovery.Client.KeyStores;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Client.Tests.KeyStores;

/// <summary>The contract on a file.</summary>
public sealed class FileKeyTests : KeyStoreContract
{
    protected override IDeviceKeyStore Open() => new KeyFile(Folder["device.key"], SystemRandom.Instance, null, false);

    protected override IDeviceKeyStore OpenOther() => new KeyFile(Folder["other"], SystemRandom.Instance, null, false);

    [ContractFact]
    public async Task The_file_is_the_bare_key_for_its_owner_alone_as_it_has_been_from_the_first_version_on()
    {
        using var key = NewKey();
        await Open().WriteAsync(key, default);
        Assert.Equal(key.Span.ToArray(), await File.ReadAllBytesAsync(Folder["device.key"]));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Folder["device.key"]));
    }
}
