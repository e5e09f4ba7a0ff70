using System.Net;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>
/// A person whose server lies, each lie with its own reason. The real server answers; a relay changes what it says.
/// </summary>
public abstract class LiedTo(ServerFixture fixture) : IDisposable
{
    private protected ServerFixture Fixture { get; } = fixture;

    private protected RecoveryCode Code { get; } = RecoveryCode.Generate(SystemRandom.Instance);

    private protected TestDevice Phone { get; } = new(fixture.Server.Address);

    private protected TestDevice Laptop { get; } = new(fixture.Server.Address);

    /// <inheritdoc/>
    public void Dispose()
    {
        Phone.Dispose();
        Laptop.Dispose();
        Code.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected async Task<VaultSession> CreateAsync() => await Phone.CreateAsync(
        await Fixture.Server.TokenAsync(Canary.NewText()), Code, "phone",
        new ItemEdit.Put("identity", "first"u8.ToArray()));

    private protected async Task<ProtocolFault> RecoverFaultAsync(TestDevice device)
    {
        var failure = TestDevice.Failure(await device.Client.BeginRecoveryAsync(Code));
        return Assert.IsType<ClientFailure.ServerLied>(failure).Fault;
    }

    private protected void LieToNewcomers(Func<VaultBundle, VaultBundle> lie) =>
        Laptop.Relay.OnAnswer = (request, body) => IsVault(request) ? lie(VaultBundle.Decode(body)).Encode() : body;

    // The real server says 304, or only what is new: the relay asks for what the lie is made of.
    private protected void LieToPhone(
        Func<VaultBundle, VaultBundle> lie, bool whole = false, HttpStatusCode? onRepair = null)
    {
        using var slot = Code.DeriveSlot();
        var truth = TellAsync().GetAwaiter().GetResult();
        Phone.Relay.OnRequest = (request, _) =>
        {
            if (request.RequestUri!.AbsolutePath == "/v1/repair" && onRepair is { } status)
                return new HttpResponseMessage(status);
            if (request.RequestUri.AbsolutePath != "/v1/vault") return null;
            var told = whole ? truth : truth with { First = (ulong)truth.Links.Length, Links = [] };
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(lie(told).Encode()) };
        };
    }

    private protected async Task<VaultBundle> TellAsync()
    {
        using var listener = new TestDevice(Fixture.Server.Address);
        VaultBundle? told = null;
        listener.Relay.OnAnswer = (request, body) => IsVault(request) ? Remember(body, out told) : body;
        using var session = TestDevice.Value(await listener.Client.BeginRecoveryAsync(Code));
        return told!;
    }

    private protected static bool IsVault(HttpRequestMessage request) =>
        request.RequestUri!.AbsolutePath is "/v1/vault" or "/v1/recovery";

    private protected static byte[] Remember(byte[] body, out VaultBundle? told)
    {
        told = VaultBundle.Decode(body);
        return body;
    }
}
