using System.Text.Json.Nodes;
using KeyRecovery.Client.Tests.Logs;
using KeyRecovery.Client.Tests.LyingServer;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Recovery;

/// <summary>
/// An operator puts yesterday's stores in the place of today's, and says of no restore: a device that starts from
/// nothing is told by the log, which no store takes back.
/// </summary>
// Puts older files in the place of the stores'.
[Trait("Store", "Files")]
public sealed class RolledBackLogTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private TestDevice? _phone;
    private SignedNote? _newest;

    public void Dispose()
    {
        _phone?.Dispose();
        _folder.Dispose();
        _code.Dispose();
    }

    [Fact]
    public async Task A_rolled_back_vault_is_told_to_who_asks_for_the_scan_and_not_to_who_does_not()
    {
        var port = await ChangeAfterCopyAsync(1, "stores", "keys");
        await using var server = await StartAsync(port);
        using var device = new TestDevice(server.Address);
        using var session = TestDevice.Value(await device.Client.BeginRecoveryAsync(_code));
        Assert.Null(session.RestoredAt);
        // The control: what is shown is right in itself, and nothing else of it tells.
        Assert.Null(session.Log.Finding);

        var failure = TestDevice.Failure(await session.Log.ScanAsync());

        var caught = Assert.IsType<ClientFailure.RolledBack>(failure);
        Assert.Equal(ProtocolFault.RolledBackManifest, caught.Fault);
        Assert.NotNull(caught.Log?.Index);
        using var vault = TestDevice.Value(await session.CompleteAsync("laptop", [])).Vault;
    }

    [Fact]
    public async Task What_was_shown_all_the_time_is_no_roll_back_while_others_go_on()
    {
        await using var server = await StartAsync();
        using var phone = new TestDevice(server.Address);
        using var vault = await phone.CreateAsync(await server.TokenAsync("going on"), _code);
        await LogWaits.ProvedAsync(vault);
        using var device = new TestDevice(server.Address);
        using var session = TestDevice.Value(await device.Client.BeginRecoveryAsync(_code));
        // After the vault was read, and before the log is.
        TestDevice.Value(await vault.PutAsync("a", new byte[] { 1 }));
        await LogWaits.ProvedAsync(vault);
        var scan = TestDevice.Value(await session.Log.ScanAsync());
        Assert.True(scan.Size >= 2);
        Assert.Equal(0, scan.Lost);
        Assert.Equal("a", Assert.Single(session.Items).Name);
    }

    [Fact]
    public async Task A_change_that_a_signed_claim_says_is_lost_is_counted_and_no_lie()
    {
        // Of data alone: the key store knows of the newest link, so that the server says what it lacks.
        var port = await ChangeAfterCopyAsync(1, "stores");
        await using var server = await StartAsync(port);
        using var device = new TestDevice(server.Address);
        using var session = TestDevice.Value(await device.Client.BeginRecoveryAsync(_code));
        Assert.NotNull(session.Behind);
        Assert.Equal(1, TestDevice.Value(await session.Log.ScanAsync()).Lost);
    }

    [Fact]
    public async Task Where_the_log_went_back_as_well_a_witness_tells_and_nobody_else_can()
    {
        // Two, so that the trace which a recovery leaves makes the older log no longer than the newer one.
        var port = await ChangeAfterCopyAsync(2, "stores", "keys", "log");
        await using var server = await StartAsync(port);
        await using var witness = new LogWitness();
        witness.Cosign(_newest!);
        using (var trusting = new TestDevice(server.Address))
        using (var session = TestDevice.Value(await trusting.Client.BeginRecoveryAsync(_code)))
            TestDevice.Value(await session.Log.ScanAsync());

        using var http = new HttpClient { BaseAddress = server.Address };
        var told = JsonNode.Parse(await http.GetStringAsync("/audit/key"))!;
        Assert.True(NoteKey.TryParse(told["log"]!.GetValue<string>(), out var log));
        using var device = new TestDevice(
            server.Address, adjust: options => options with { LogPolicy = witness.Policy(log) });
        using var warned = TestDevice.Value(await device.Client.BeginRecoveryAsync(_code));
        var caught = Assert.IsType<ClientFailure.RolledBack>(TestDevice.Failure(await warned.Log.ScanAsync()));
        Assert.Equal(ProtocolFault.RolledBackLog, caught.Fault);
        Assert.True(Checkpoint.TryOpen(caught.Log!.Known.Span, log, out var known));
        Assert.True(Checkpoint.TryOpen(caught.Log.Served.Span, log, out var served));
        Assert.True(known.Size > served.Size);
    }

    [Fact]
    public async Task A_device_that_gives_back_what_was_lost_is_told_as_that_and_the_log_still_holds()
    {
        var port = await ChangeAfterCopyAsync(1, "stores");
        await using var server = await StartAsync(port);
        using (var vault = await _phone!.OpenAsync())
        {
            var repaired = (await LogWaits.ProvedAsync(vault)).Entries.First(e => e.Event == AuditEvent.Repaired);
            Assert.Equal((vault.Device, AuditRole.Device, 2ul), (repaired.By!.Id, repaired.Role, repaired.Version));
            Assert.Equal("127.0.0.0/24", repaired.Network);
            Assert.Equal(AuthorityKind.Code, Assert.Single(repaired.Added).Kind);
        }

        using var again = await _phone.OpenAsync();
        using var device = new TestDevice(server.Address);
        using var session = TestDevice.Value(await device.Client.BeginRecoveryAsync(_code));
        Assert.Equal(0, TestDevice.Value(await session.Log.ScanAsync()).Lost);
    }

    // More codes after the copy, in the log; then what was copied is put back.
    private async Task<int> ChangeAfterCopyAsync(int codes, params string[] stores)
    {
        await using var first = await StartAsync();
        var port = first.Address.Port;
        _phone = new TestDevice(first.Address);
        using (var vault = await _phone.CreateAsync(await first.TokenAsync("rolled back"), _code))
            await LogWaits.ProvedAsync(vault);
        await first.StopAsync();
        foreach (var store in stores) Copy(Path.Combine(_folder["server"], store), _folder[store]);
        await using (var second = await StartAsync(port))
        {
            using var vault = await _phone.OpenAsync();
            for (var i = 0; i < codes; i++)
            {
                using var other = RecoveryCode.Generate(SystemRandom.Instance);
                TestDevice.Value(await vault.AddCodeAsync(other));
            }

            await LogWaits.ProvedAsync(vault);
            using var http = new HttpClient { BaseAddress = second.Address };
            Assert.True(SignedNote.TryParse(await http.GetByteArrayAsync("/audit/checkpoint"), out _newest));
            await second.StopAsync();
        }

        foreach (var store in stores)
        {
            Directory.Delete(Path.Combine(_folder["server"], store), recursive: true);
            Copy(_folder[store], Path.Combine(_folder["server"], store));
        }

        return port;
    }

    private Task<ServerProcess> StartAsync(int port = 0) => ServerProcess.StartAsync(_folder["server"], port);

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var file in Directory.GetFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (var folder in Directory.GetDirectories(from)) Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
    }
}
