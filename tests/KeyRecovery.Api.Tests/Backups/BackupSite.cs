using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using KeyRecovery.Api.Backups;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Maintenance;
using KeyRecovery.Api.Reports;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Service;
using KeyRecovery.Storage.Files.Backups;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Backups;

/// <summary>
/// A server's places with an offline key and a place for sets beside them, and a clock for all that is done there.
/// </summary>
internal sealed class BackupSite : IDisposable
{
    private readonly TempDirectory _directory = new();

    public BackupSite() => OfflineKey.Create(this["offline.key"], this["offline.pub"], SystemRandom.Instance);

    public MovableClock Clock { get; } = new();

    public string this[string name] => Path.Combine(_directory.Path, name);

    public string Sets => this["sets"];

    public string[] EscrowFiles =>
        Directory.Exists(this["escrows"]) ? Directory.GetFiles(this["escrows"], "*.escrow") : [];

    public Task<TestHost> StartAsync() => TestHost.StartAsync(
        Settings, directory: _directory, adjust: builder => builder.Services.AddSingleton<TimeProvider>(Clock));

    /// <summary>What the last backup said of the key that signs.</summary>
    public string AuditKey { get; private set; } = "";

    public async Task<BackupReport> TryBackUpAsync(
        TestHost host, string? to = null, bool dataOnly = false, bool keysOnly = false, bool deleteExpired = false)
    {
        var report = await host.Services.GetRequiredService<BackupRuns>().RunAsync(
            new BackupRequest("backup", to ?? Sets, dataOnly, keysOnly, null, deleteExpired), _ => { },
            CancellationToken.None);
        AuditKey = report.AuditKey ?? AuditKey;
        return report;
    }

    public async Task<string> BackUpAsync(TestHost host, bool dataOnly = false, bool keysOnly = false)
    {
        var report = await TryBackUpAsync(host, null, dataOnly, keysOnly);
        Assert.True(report.IsDone, report.Problem);
        return report.Set!;
    }

    /// <summary>Begins a set, and goes when its data are there.</summary>
    public async Task CancelBackupAsync(TestHost host)
    {
        using var stop = new CancellationTokenSource();
        await host.Services.GetRequiredService<BackupRuns>()
            .RunAsync(new BackupRequest("backup", Sets), line => { if (line.Phase == "keys")
                stop.Cancel(); }, stop.Token);
    }

    /// <summary>Restores, with what is restored from settable apart.</summary>
    public async Task<RestoreReport> RestoreAsync(string set, params string[] more)
    {
        var arguments = RestoreArguments.Parse(["--from", set, .. more]);
        var options = Server.ReadOptions(TestHost.Arguments(_directory, Settings, "Development"));
        return await new RestoreRun(options, arguments, Clock, _ => { }).RunAsync(CancellationToken.None);
    }

    public string[] Opened(string set) =>
        ["--escrow", EscrowFiles.Single(file => Path.GetFileName(file).StartsWith(set[^8..], StringComparison.Ordinal)),
            "--offline-key", this["offline.key"], "--audit-key", AuditKey];

    public void Lose(params string[] places)
    {
        foreach (var place in places) Directory.Delete(this[place], recursive: true);
    }

    /// <summary>Puts a row into the key store that is none: a reason to restore it. Or takes it away again.</summary>
    public void Damage(bool mend = false)
    {
        using var store = new SqliteConnection($"Data Source={Path.Combine(this["keys"], "keys.db")};Pooling=False");
        store.Open();
        using var change = store.CreateCommand();
        change.CommandText = mend ? "DELETE FROM key_rows WHERE value = x'00'"
            : "INSERT INTO key_rows(version, token, written_hour, id, value) VALUES(1, 1, 1, randomblob(32), x'00')";
        Assert.Equal(1, change.ExecuteNonQuery());
    }

    /// <summary>Every file of the server's places and of the escrows, by its content.</summary>
    public Dictionary<string, string> Files() =>
        Directory.EnumerateFiles(_directory.Path, "*", SearchOption.AllDirectories)
        .Where(file => !file.StartsWith(Sets, StringComparison.Ordinal)
            && !file.EndsWith("log.json", StringComparison.Ordinal)
            && !file.EndsWith(".lock", StringComparison.Ordinal))
        .ToDictionary(file => file,
            file => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))));

    /// <summary>Erases by a job, and gives its report.</summary>
    public static async Task<(string Job, JsonElement Report)> EraseAsync(TestHost host, params string[] subjects)
    {
        using var minted = await host.Client.PostAsJsonAsync(
            "/v1/dev/tokens", new { subject = "officer", scope = "keyrecovery.erase" });
        using var filing = new HttpRequestMessage(HttpMethod.Post, "/v1/admin/erasures")
        {
            Headers =
                {
                    Authorization = new AuthenticationHeaderValue("Bearer",
                        (await minted.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()),
                },
            Content = new StringContent(
                string.Join('\n', subjects.Select(s => JsonSerializer.Serialize(new { subject = s }))), Encoding.UTF8,
                "application/x-ndjson"),
        };
        using var filed = await host.Client.SendAsync(filing);
        var job = (await filed.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("job").GetString()!;
        while (true)
        {
            using var asking = new HttpRequestMessage(HttpMethod.Get,
                $"/v1/admin/erasures/{job}") { Headers = { Authorization = filing.Headers.Authorization } };
            using var answer = await host.Client.SendAsync(asking);
            var report = await answer.Content.ReadFromJsonAsync<JsonElement>();
            if (report.GetProperty("state").GetString() == "done") return (job, report);
            await Task.Delay(20);
        }
    }

    /// <summary>The newest receipt of a job's only line.</summary>
    public static async Task<ErasureReceipt> ReceiptAsync(TestHost host, string job)
    {
        await host.Services.GetRequiredService<ErasureWork>().RunAsync(CancellationToken.None);
        Assert.True(Protocol.Wire.Base64UrlText.TryDecode(job, 16, out var id));
        var report = await host.Services.GetRequiredService<KeyRecoveryService>().Erasures.Jobs
            .ReadAsync(id, "demo", 0, 1, CancellationToken.None);
        return SignedErasureReceipt.Decode(Assert.Single(report!.Outcomes).Receipt).Receipt;
    }

    public void Dispose() => _directory.Dispose();

    private Dictionary<string, string> Settings => new()
    {
        ["Backup:OfflineKeyFile"] = this["offline.pub"], ["Backup:EscrowDirectory"] = this["escrows"],
        ["Backup:ExpiresAfterDays"] = "1",
        ["Rotation:MinIntervalHours"] = "720",
        ["RateLimits:Address:PerSecond"] = "1000000", ["RateLimits:Address:Burst"] = "1000000",
    };
}
