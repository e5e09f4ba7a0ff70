using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>
/// A phone whose server keeps a log of its own: three versions of the account are in it, and the phone has seen so.
/// </summary>
internal sealed class LogScene : IAsyncDisposable
{
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);

    private LogScene(Liar liar) => (Liar, Server, Phone) = (liar, new LogLiar(liar), liar.Device());

    public Liar Liar { get; }

    public LogLiar Server { get; }

    public TestDevice Phone { get; }

    public VaultSession Vault { get; private set; } = null!;

    public static async Task<LogScene> BeginAsync(ServerFixture fixture)
    {
        var scene = new LogScene(new Liar(fixture.Server.Address));
        scene.Vault = await scene.Phone.CreateAsync(
            await fixture.Server.TokenAsync(Canary.NewText()), scene._code, "phone");
        TestDevice.Value(await scene.Vault.PutAsync("a", new byte[] { 1 }));
        TestDevice.Value(await scene.Vault.PutAsync("a", new byte[] { 2 }));
        Assert.All(TestDevice.Value(await scene.Vault.Log.ActivityAsync()).Entries, e => Assert.True(e.IsProved));
        Assert.Equal(3ul, scene.Server.Log.Size);
        return scene;
    }

    /// <summary>The account as a device reads it that starts from nothing.</summary>
    public async Task<RecoverySession> ReadAsync(TestDevice device) =>
        TestDevice.Value(await device.Client.BeginRecoveryAsync(_code));

    /// <summary>A device that starts from nothing, as the code brings it in.</summary>
    public async Task<Result<VaultSession>> LinkedAsync(TestDevice device)
    {
        using var session = await ReadAsync(device);
        return TestDevice.Value(await session.CompleteAsync("laptop", [])).Vault;
    }

    /// <summary>With which fault the phone refuses what it is told.</summary>
    public async Task<ProtocolFault> LiedAsync() => Assert.IsType<ClientFailure.ServerLied>(
        TestDevice.Failure(await Vault.Log.ActivityAsync())).Fault;

    /// <summary>What it holds against a server that shows another log.</summary>
    public async Task<LogEvidence> CaughtAsync(ProtocolFault fault)
    {
        var caught = Assert.IsType<ClientFailure.RolledBack>(TestDevice.Failure(await Vault.Log.ActivityAsync()));
        Assert.Equal(fault, caught.Fault);
        Assert.Equal(fault, Vault.Log.Finding?.Fault);
        TestDevice.Value(await Vault.PutAsync("b", new byte[] { 3 }));
        return caught.Log!;
    }

    /// <summary>The size of a checkpoint that the log's key has signed.</summary>
    public int SizeOf(ReadOnlyMemory<byte> note)
    {
        Assert.True(Checkpoint.TryOpen(note.Span, Server.Log.Key, out var checkpoint));
        return (int)checkpoint.Size;
    }

    public async ValueTask DisposeAsync()
    {
        Vault?.Dispose();
        Phone.Dispose();
        Server.Dispose();
        await Liar.DisposeAsync();
        _code.Dispose();
    }
}
