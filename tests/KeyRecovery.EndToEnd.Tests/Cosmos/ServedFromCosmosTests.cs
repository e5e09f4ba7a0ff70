using KeyRecovery.EndToEnd.Tests.Erasure;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.EndToEnd.Tests.Cosmos;

/// <summary>
/// A real server whose stores are accounts: what it is told is there after it, and what it erases is not.
/// </summary>
public sealed class ServedFromCosmosTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);

    public void Dispose()
    {
        _code.Dispose();
        _folder.Dispose();
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task What_is_put_is_there_after_a_kill_and_what_is_erased_is_gone()
    {
        await using var cosmos = await CosmosGateway.StartAsync();
        var settings = cosmos.Settings("served");
        var refused = await RunAsync("serve");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("run migrate", refused.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("migrate")).ExitCode);
        Assert.Contains("/served", (await RunAsync("migrate")).Output, StringComparison.Ordinal);

        using var phone = await LiveAsync();
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder["server"], "stores")));
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder["server"], "keys")));
        await using (var server = await StartAsync(phone.Server.Port))
        {
            using var vault = await phone.OpenAsync();
            Assert.Equal("two"u8.ToArray(), TestDevice.Value(await vault.GetAsync("a")));
            using var tablet = new TestDevice(server.Address);
            using (var recovered = await tablet.RecoverAsync(_code))
                Assert.Equal("two"u8.ToArray(), TestDevice.Value(await recovered.GetAsync("a")));
            var report = await Officer.EraseAsync(server, ["user"]);
            Assert.Equal("done", report.GetProperty("state").GetString());
            // The platform's backups cannot be looked at: no receipt says that journals are empty.
            Assert.True(Base64UrlText.TryDecodeUpTo(
                report.GetProperty("outcomes")[0].GetProperty("receipt").GetString(), 65_536, out var receipt));
            Assert.Equal(
                new[] { ErasureProof.KeyAbsent, ErasureProof.RowUnopened, ErasureProof.RowsDeleted },
                SignedErasureReceipt.Decode(receipt).Receipt.Proofs.ToArray());
            TestDevice.Failure(await phone.Client.OpenAsync());
            Assert.Equal(0, await server.StopAsync());
        }

        var check = await RunAsync("check");
        Assert.True(check.ExitCode == 0, check.Output);
        // What only files can do is refused with what to do instead.
        var backup = await RunAsync("backup", "--to", _folder["sets"]);
        Assert.Contains("--keys-only", backup.Output, StringComparison.Ordinal);
        var restore = await RunAsync("restore", "--from", _folder["sets"]);
        Assert.Contains("--as-of", restore.Output, StringComparison.Ordinal);
        Assert.Equal((1, 1), (backup.ExitCode, restore.ExitCode));

        Task<ServerProcess> StartAsync(int port) =>
            ServerProcess.StartAsync(_folder["server"], port, cosmos.Environment, settings);

        Task<(int ExitCode, string Output)> RunAsync(params string[] arguments) =>
            ServerProcess.RunVerbAsync(_folder["server"], cosmos.Environment, settings, arguments);

        async Task<TestDevice> LiveAsync()
        {
            await using var server = await StartAsync(0);
            var device = new TestDevice(server.Address);
            using var vault = await device.CreateAsync(
                await server.TokenAsync("user"), _code, "phone", new ItemEdit.Put("a", "one"u8.ToArray()));
            TestDevice.Value(await vault.PutAsync("a", "two"u8.ToArray()));
            await server.KillAsync();
            return device;
        }
    }
}
