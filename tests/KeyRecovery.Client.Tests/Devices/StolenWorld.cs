using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Devices;

/// <summary>An account of a phone, which made it with its code, and a laptop that came in by the code.</summary>
internal sealed class StolenWorld(Uri server) : IDisposable
{
    private readonly List<IDisposable> _all = [];

    public RecoveryCode Code { get; } = RecoveryCode.Generate(SystemRandom.Instance);

    public TestDevice PhoneDevice { get; } = new(server);

    public TestDevice LaptopDevice { get; } = new(server);

    public VaultSession Phone { get; private set; } = null!;

    public VaultSession Laptop { get; private set; } = null!;

    public static AuthorityId SlotOf(RecoveryCode code)
    {
        using var slot = code.DeriveSlot();
        return slot.Id;
    }

    public async Task BeginAsync(string token)
    {
        Phone = await PhoneDevice.CreateAsync(token, Code, "phone", new ItemEdit.Put("a", "first"u8.ToArray()));
        Laptop = await LaptopDevice.RecoverAsync(Code, name: "laptop");
        TestDevice.Value(await Phone.RefreshAsync());
    }

    public RecoveryCode NewCode()
    {
        var code = RecoveryCode.Generate(SystemRandom.Instance);
        _all.Add(code);
        return code;
    }

    /// <summary>One more device, by a code.</summary>
    public async Task<VaultSession> RecoverAsync(RecoveryCode code, string name)
    {
        var device = new TestDevice(server);
        _all.Add(device);
        var vault = await device.RecoverAsync(code, name: name);
        _all.Add(vault);
        return vault;
    }

    /// <summary>How many links the phone knows.</summary>
    public async Task<ulong> LinksAsync() => (ulong)await RevocationTests.LinksAsync(PhoneDevice);

    public void Dispose()
    {
        Phone?.Dispose();
        Laptop?.Dispose();
        foreach (var each in Enumerable.Reverse(_all)) each.Dispose();
        PhoneDevice.Dispose();
        LaptopDevice.Dispose();
        Code.Dispose();
    }
}
