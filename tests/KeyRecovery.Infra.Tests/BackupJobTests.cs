using System.Text.Json;
using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using KeyRecovery.Testing.Emulators;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Infra.Tests;

/// <summary>
/// The job that makes a set of the keys every hour, with the arguments that the templates give it: as a process of its
/// own beside instances, over emulated accounts, a vault that is played, and blobs. And the alerts that look at what it
/// says.
/// </summary>
[Trait("Category", "Hours")]
public sealed partial class BackupJobTests : IDisposable
{
    private static readonly TimeSpan Stale = TimeSpan.FromHours(4);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>What Azure's template has it do.</summary>
    public static IEnumerable<string> BicepArguments() => Text().Matches(
        Arguments().Match(File.ReadAllText(Infra.Files("bicep", "server.bicep").Single())).Groups[1].Value)
        .Select(match => match.Groups[1].Value);

    [HoursFact]
    public async Task It_makes_a_set_that_opens_and_who_is_to_be_called_where_it_does_not_is_called()
    {
        var (exit, told) = await ServerProcess.RunAsync(
            "offline-key", "--private", _folder["offline.key"], "--public", _folder["offline.pub"]);
        Assert.True(exit == 0, told);
        using var azurite = await NodeEmulator.StartAsync("azurite");
        await using var fleet = await InstanceFleet.OpenAsync(
            2,
            [
                .. AzuriteSettings.Of(azurite, "sets"), ("Backup:OfflineKeyFile", _folder["offline.pub"]),
                ("Backup:EscrowDirectory", _folder["escrow"]), ("Prometheus:Listen", "http://127.0.0.1:0"),
            ]);
        // How old the newest set is, each instance tells, whoever has made it; and Prometheus calls by that.
        var most = double.Parse(
            Oldest().Match(await File.ReadAllTextAsync(Infra.Files("prometheus", "alerts.yml").Single()))
                .Groups[1].Value,
            System.Globalization.CultureInfo.InvariantCulture);
        Directory.CreateDirectory(_folder["escrow"]);
        await File.WriteAllTextAsync(_folder["escrow/of-before.escrow"], "");
        File.SetLastWriteTimeUtc(_folder["escrow/of-before.escrow"], DateTime.UtcNow - Stale);
        var server = await fleet.StartAsync(0);
        Assert.InRange(await AgeAsync(server), most + 1, 2 * Stale.TotalSeconds);
        using (var phone = fleet.NewDevice())
            (await phone.CreateAsync(await server.TokenAsync("anna"), code: null)).Dispose();

        var done = await JobAsync(fleet);
        var first = Json(done);
        Assert.True(first.GetProperty("outcome").GetString() == "done", first.GetRawText());
        Assert.Single(Directory.GetDirectories(_folder["sets"]));
        (exit, told) = await ServerProcess.RunAsync(
            "restore", "--from", first.GetProperty("set").GetString()!, "--rehearse", "--escrow",
            first.GetProperty("escrow").GetString()!, "--offline-key", _folder["offline.key"]);
        Assert.True(exit == 0, told);
        // By another process, and in its turn: the one that serves is not disturbed.
        Assert.DoesNotContain("\"@l\":\"Error\"", server.Output, StringComparison.Ordinal);

        Assert.InRange(await AgeAsync(await fleet.StartAsync(1)), 0, most);

        // What Azure looks for is what they say.
        var queries = await AzureRules.QueriesAsync();
        Assert.Equal(["backup-failed", "errors", "no-backup"], queries.Keys.Order(StringComparer.Ordinal));
        File.Delete(Path.Combine(_folder["escrow"], ".keyrecovery-escrows"));
        var refused = await JobAsync(fleet);
        Assert.Equal(1, refused.ExitCode);
        // Nor is a store there: nothing of a set is begun.
        var lost = await fleet.RunJobAsync(
            ["backup", .. Here().Skip(1), "--KeyRecovery:Cosmos:Keys:Database", "nowhere"]);
        Assert.Equal(1, lost.ExitCode);
        Assert.True(AzureRules.Finds(queries["no-backup"], done.Output));
        Assert.False(AzureRules.Finds(queries["backup-failed"], done.Output));
        foreach (var (_, output) in (ReadOnlySpan<(int, string)>)[refused, lost])
        {
            Assert.True(AzureRules.Finds(queries["backup-failed"], output), output);
            Assert.False(AzureRules.Finds(queries["no-backup"], output));
        }

        // As an instance says at Error what asks for somebody.
        Assert.Equal(1, (await fleet.RunVerbAsync([.. Here()])).ExitCode);
        for (var i = 0; i < 100 && !server.Output.Contains("\"BackupFailed\"", StringComparison.Ordinal); i++)
            await Task.Delay(100);
        Assert.True(AzureRules.Finds(queries["errors"], server.Output));
        Assert.False(AzureRules.Finds(queries["errors"], done.Output));
    }

    private static async Task<double> AgeAsync(ServerProcess server)
    {
        using var http = new HttpClient();
        return MetricsTests.BackupAgeIn(
            await http.GetStringAsync(new Uri(MetricsTests.MetricsOf(server), "/metrics")));
    }

    private Task<(int ExitCode, string Output)> JobAsync(InstanceFleet fleet) => fleet.RunJobAsync([.. Here()]);

    // The manifest's, but for where sets lie.
    private IEnumerable<string> Here()
    {
        var job = KubernetesYaml.LoadAllFromString(
            File.ReadAllText(Infra.Files("kubernetes", "keyrecovery.yaml").Single()), strict: true)
            .OfType<V1CronJob>().Single(one => one.Name() == "backup");
        var arguments = job.Spec.JobTemplate.Spec.Template.Spec.Containers.Single().Args;
        Assert.Contains("/sets", arguments);
        return arguments.Select(argument => argument == "/sets" ? _folder["sets"] : argument);
    }

    private static JsonElement Json((int ExitCode, string Output) run)
    {
        Assert.True(run.Output.Contains('{', StringComparison.Ordinal), run.Output);
        return JsonDocument.Parse(run.Output[run.Output.IndexOf('{', StringComparison.Ordinal)..]).RootElement;
    }

    [GeneratedRegex(@"args: \[('backup',[^\]]*)\]")]
    private static partial Regex Arguments();

    [GeneratedRegex("'([^']*)'")]
    private static partial Regex Text();

    [GeneratedRegex(@"backup_age_seconds\) > (\d+)")]
    private static partial Regex Oldest();
}
