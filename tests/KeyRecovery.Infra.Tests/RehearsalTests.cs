using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Infra.Tests;

/// <summary>From the night's set to the loss of the whole server and back, by what operators' page prints.</summary>
[Trait("Category", "Long")]
public class RehearsalTests
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private const UnixFileMode OwnersAlone =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const string Api = "dotnet KeyRecovery.Api.dll ";

    [NeedsFact(Need.OidcProvider, Need.Linux)]
    public async Task A_lost_server_comes_back_from_the_nights_set_for_everybody_but_the_erased()
    {
        await using var machine = await BookMachine.StartAsync();
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        using var anna = new TestDevice(machine.Server.Address, "messenger");
        using (var vault = await anna.CreateAsync(await machine.Issuer.SignInAsync("anna"), code))
            TestDevice.Value(await vault.PutAsync("letter", "of a lost day"u8.ToArray()));
        using var berta = new TestDevice(machine.Server.Address, "messenger");
        (await berta.CreateAsync(await machine.Issuer.SignInAsync("berta"), code: null)).Dispose();

        var night = await NightAsync(machine);
        await machine.DoAsync(Api + "rotate");
        await machine.DoAsync(Api + "rotate --root");
        await machine.DoAsync(Api + "reload");
        await EraseAsync(machine, "berta");
        // Sets that are there stay there: they are the operator's, and no timer deletes one.
        var another = await NightAsync(machine);
        Assert.Equal(
            new HashSet<string> { night.Set, another.Set }, [.. Directory.GetDirectories(machine["sets"])]);
        Assert.True(File.Exists(night.Escrow) && File.Exists(another.Escrow));

        await AuditAsync(machine);
        Copy(machine["data/fence"], machine["fence of today"]);
        await machine.StopServerAsync();
        await machine.DoAsync("check");
        (string, string)[] opened =
            [("SET", night.Set), ("escrow FILE", $"escrow {night.Escrow}"), ("key FILE", "key offline.key")];
        Assert.Contains(
            "2 accounts open", await machine.DoAsync(
                "restore --from SET --rehearse --escrow FILE --offline-key FILE", opened), StringComparison.Ordinal);

        Directory.Move(machine["data"], machine["lost"]);
        Directory.CreateDirectory(machine["data"], OwnersAlone);
        Copy(machine["fence of today"], machine["data/fence"]);
        Copy(machine["here/copy-of-log"], machine["data/log"]);
        File.Copy(machine["lost/keyrecovery.json"], machine["data/keyrecovery.json"]);
        await machine.DoAsync(
            "restore --from SET --part all --escrow FILE --offline-key FILE --audit-key KEY",
            [.. opened, ("audit-key KEY", $"audit-key {night.AuditKey}")]);
        // The log is newer than the set.
        Assert.Contains(
            "the next start takes that over", (await machine.TypeAsync("check")).Output, StringComparison.Ordinal);
        await machine.StartServerAsync();
        using (var vault = await anna.OpenAsync())
        {
            Assert.Equal("of a lost day"u8.ToArray(), TestDevice.Value(await vault.GetAsync("letter")));
            TestDevice.Value(await vault.PutAsync("letter", "of the day after"u8.ToArray()));
        }

        Assert.IsType<ClientFailure.Erased>(TestDevice.Failure(await berta.Client.OpenAsync()));
        await machine.StopServerAsync();
        await machine.DoAsync("check");
    }

    private static async Task<(string Set, string Escrow, string AuditKey)> NightAsync(BookMachine machine)
    {
        var (exit, told) = await machine.StartUnitAsync("keyrecovery-backup.service");
        Assert.True(exit == 0, told);
        return (Said("done: "), Said("its escrow: "), Said("signed with the audit key: "));

        string Said(string what) =>
            told.Split('\n').Single(line => line.StartsWith(what, StringComparison.Ordinal))[what.Length..];
    }

    private static async Task EraseAsync(BookMachine machine, string subject)
    {
        await machine.WriteAsync("token", await machine.Issuer.OfficersTokenAsync("keyrecovery.erase"));
        await machine.WriteAsync("SUBJECTS.ndjson", $"{{\"subject\": \"{subject}\"}}\n");
        var told = await machine.DoAsync(
            "keyrecovery --server https://keys.example.org --token FILE admin erase --file SUBJECTS.ndjson",
            ("FILE", "token"));
        Directory.CreateDirectory(machine["here/receipts"]);
        await machine.WriteAsync("receipts/1", told.Split('\n')[0].Split(' ')[^1]);
    }

    private static async Task AuditAsync(BookMachine machine)
    {
        using var http = new HttpClient { BaseAddress = machine.Server.Address };
        var keys = await http.GetFromJsonAsync<JsonElement>("/audit/key");
        var (log, audit) = (keys.GetProperty("log").GetString()!, keys.GetProperty("key").GetString()!);
        await machine.WriteAsync("policy.txt", $"log {log} {machine.Server.Address}audit\nquorum none\n");
        await machine.DoAsync(
            "keyrecovery audit verify --log https://keys.example.org/audit --policy policy.txt --save last.checkpoint");
        // A receipt is logged a moment after it was given, and the log is copied as it grows.
        (int ExitCode, string Output) verified;
        for (var end = DateTime.UtcNow + Longest; ;)
        {
            Copy(machine["data/log"], machine["here/copy-of-log"]);
            verified = await machine.TypeAsync(
                "keyrecovery audit verify --dir ./copy-of-log --key LOGKEY AUDITKEY --receipt receipts/*",
                ("LOGKEY", log), ("AUDITKEY", audit));
            if (verified.ExitCode == 0 || DateTime.UtcNow > end) break;
        }

        Assert.True(verified.ExitCode == 0, verified.Output);
    }

    private static void Copy(string from, string to)
    {
        if (Directory.Exists(to)) Directory.Delete(to, recursive: true);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!, OwnersAlone);
            File.Copy(file, copy);
        }
    }
}
