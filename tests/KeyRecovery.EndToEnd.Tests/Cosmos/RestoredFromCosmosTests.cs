using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using KeyRecovery.EndToEnd.Tests.Backups;
using KeyRecovery.Service.Stores;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;
using KeyRecovery.Testing.Stores.Cosmos;

namespace KeyRecovery.EndToEnd.Tests.Cosmos;

/// <summary>
/// Accounts are lost. The key store comes back of our own set into an empty database, the data by the platform; each is
/// joined to the one that lives, by the real verb, before anybody is served.
/// </summary>
public sealed partial class RestoredFromCosmosTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly People _people = new();
    private CosmosGateway _cosmos = null!;
    private (string Data, string Keys) _databases = ("one", "one");

    public void Dispose()
    {
        _people.Dispose();
        _folder.Dispose();
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task A_lost_key_store_and_older_data_come_back_for_everyone_but_the_erased()
    {
        await using var cosmos = _cosmos = await CosmosGateway.StartAsync();
        Assert.Equal(0, (await ServerProcess.RunAsync(
            "offline-key", "--private", _folder["offline.key"], "--public", _folder["offline.pub"])).ExitCode);
        Assert.Equal(0, (await RunAsync("migrate")).ExitCode);
        var (kept, gone, late) = (_people.Add(), _people.Add(), _people.Add());
        string set, auditKey;
        int port;
        await using (var server = await StartAsync(0))
        {
            port = server.Address.Port;
            foreach (var person in new[] { kept, gone }) await People.LiveAsync(server, person);
            var backup = Json(await RunAsync([.. JobsArguments()]));
            Assert.True(backup.GetProperty("outcome").GetString() == "done", backup.GetRawText());
            set = backup.GetProperty("set").GetString()!;
            auditKey = backup.GetProperty("auditKey").GetString()!;
            await People.EraseAsync(server, gone);
            await People.LiveAsync(server, late);
            await server.StopAsync();
        }

        string[] opened =
        [
            "--escrow", Assert.Single(Directory.GetFiles(_folder["escrows"], "*.escrow")),
            "--offline-key", _folder["offline.key"], "--audit-key", auditKey,
        ];
        // It is read anywhere, and nothing is written.
        var rehearsed = await ServerProcess.RunAsync(["restore", "--from", set, "--rehearse", .. opened]);
        Assert.True(rehearsed.ExitCode == 0, rehearsed.Output);

        // A key store that lives is not replaced; a lost one is not made anew by a migrate.
        var refused = await RestoreAsync(["--from", set, "--part", "keys", .. opened]);
        Assert.Contains("is a key store", refused.GetProperty("problem").GetString(), StringComparison.Ordinal);
        _databases = ("one", "two");
        Assert.Contains("is empty", (await RunAsync("migrate")).Output, StringComparison.Ordinal);
        var report = await RestoreAsync(["--from", set, "--part", "keys", .. opened]);
        Assert.True(report.GetProperty("outcome").GetString() == "done", report.GetRawText());
        Assert.Equal(1, Count(report, "erasedAgain"));
        Assert.Equal(1, Count(report, "accounts"));
        await using (var after = await StartAsync(port))
        {
            using (var vault = await kept.Device.OpenAsync())
                Assert.Equal(kept.Content, TestDevice.Value(await vault.GetAsync("item")));
            using (var again = await _people.Device(after, kept).RecoverAsync(kept.Code))
                Assert.Equal(kept.Content, TestDevice.Value(await again.GetAsync("item")));
            Assert.IsType<ClientFailure.Erased>(TestDevice.Failure(await gone.Device.Client.OpenAsync()));
            // Newer than the set: lost, as the page says.
            Assert.IsNotType<Result<VaultSession>.Ok>(await late.Device.Client.OpenAsync());
            await after.StopAsync();
        }

        await CheckAsync();

        // The platform brings the data back to a day before a change and another erasure.
        var asOf = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        await cosmos.Emulator.MakeAsync(StoreKind.Data, "one", "older");
        await using (var server = await StartAsync(port))
        {
            await People.LiveAsync(server, gone);
            await People.EraseAsync(server, gone);
            using (var vault = await kept.Device.OpenAsync())
                TestDevice.Value(await vault.PutAsync("item", "newer"u8.ToArray()));
            await server.StopAsync();
        }

        _databases = ("older", "two");
        report = await RestoreAsync(["--part", "data", "--as-of", asOf]);
        Assert.True(report.GetProperty("outcome").GetString() == "done", report.GetRawText());
        await using (var server = await StartAsync(port))
        {
            // Her own device gives back the state that the copy lacks, and knows which content is to be stored again.
            using (var vault = await kept.Device.OpenAsync())
            {
                Assert.IsType<ClientFailure.ItemLost>(TestDevice.Failure(await vault.GetAsync("item")));
                TestDevice.Value(await vault.PutAsync("item", "newer"u8.ToArray()));
                Assert.Equal("newer"u8.ToArray(), TestDevice.Value(await vault.GetAsync("item")));
            }

            Assert.IsType<ClientFailure.Erased>(TestDevice.Failure(await gone.Device.Client.OpenAsync()));
            await server.StopAsync();
        }

        await CheckAsync();
    }

    // Those of the cluster's job, but for where sets lie (Infra: BackupJobTests has it as a process beside instances).
    private IEnumerable<string> JobsArguments([CallerFilePath] string here = "")
    {
        var manifest = File.ReadAllText(Path.Combine(
            Path.GetDirectoryName(here)!, "..", "..", "..", "infra", "kubernetes", "keyrecovery.yaml"));
        var arguments = Arguments().Match(manifest).Groups[1].Value.Replace("\"", "", StringComparison.Ordinal)
            .Split(", ");
        Assert.Contains("/sets", arguments);
        return arguments.Select(argument => argument == "/sets" ? _folder["sets"] : argument);
    }

    [GeneratedRegex(@"args: \[(backup, [^\]]*)\]")]
    private static partial Regex Arguments();

    private (string, string)[] Settings =>
    [
        .. _cosmos.Settings("unused").Where(s => !s.Key.EndsWith(":Database", StringComparison.Ordinal)),
        ("Cosmos:Data:Database", _databases.Data), ("Cosmos:Keys:Database", _databases.Keys),
        ("Backup:OfflineKeyFile", _folder["offline.pub"]), ("Backup:EscrowDirectory", _folder["escrows"]),
    ];

    private Task<ServerProcess> StartAsync(int port) =>
        ServerProcess.StartAsync(_folder["server"], port, _cosmos.Environment, Settings);

    private Task<(int ExitCode, string Output)> RunAsync(params string[] arguments) =>
        ServerProcess.RunVerbAsync(_folder["server"], _cosmos.Environment, Settings, arguments);

    private async Task<JsonElement> RestoreAsync(string[] arguments) =>
        Json(await RunAsync(["restore", "--json", .. arguments]));

    private async Task CheckAsync()
    {
        var (exit, output) = await RunAsync("check");
        Assert.True(exit == 0, output);
    }

    private static int Count(JsonElement report, string name) =>
        report.GetProperty("joined").GetProperty(name).GetInt32();

    private static JsonElement Json((int ExitCode, string Output) run)
    {
        Assert.True(run.Output.Contains('{', StringComparison.Ordinal), run.Output);
        return JsonDocument.Parse(run.Output[
            run.Output.IndexOf('{', StringComparison.Ordinal)..(run.Output.LastIndexOf('}') + 1)]).RootElement;
    }
}
