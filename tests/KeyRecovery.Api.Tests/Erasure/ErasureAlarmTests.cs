using KeyRecovery.Storage.Files.Ring;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Maintenance;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service;
using KeyRecovery.Service.Keys;
using KeyRecovery.Testing.Needs;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Erasure;

/// <summary>
/// What an erasure cannot prove is pending: no receipt, a metric and a line of level Error; done when the cause is
/// gone, and nobody else is touched.
/// </summary>
public sealed class ErasureAlarmTests
{
    private static readonly Dictionary<string, string> AtOnce = new()
    {
        ["Apps:0:Id"] = "demo", ["Apps:0:Issuer"] = "urn:keyrecovery:development", ["Apps:0:Audience"] = "demo",
        ["Apps:0:Policy:Erasure:HoldHours"] = "0",
        ["Rotation:RetrySeconds"] = "1",
    };

    // Faults of a file of SQLite, and of its disk.
    [Trait("Store", "Files")]
    [NeedsTheory(Need.Mounting, Need.Chattr)]
    [InlineData("a reader")]
    [InlineData("a read-only data store")]
    [InlineData("a full data store")]
    [InlineData("a read-only list of tombstones")]
    public async Task What_cannot_be_deleted_listed_or_forgotten_is_pending_and_told_until_its_cause_is_gone(
        string fault)
    {
        using var directory = new TempDirectory();
        var stores = Directory.CreateDirectory(Path.Combine(directory.Path, "stores")).FullName;
        using var disk = Fault.SmallDisk(stores);
        await using var host = await TestHost.StartAsync(AtOnce, directory: directory);
        using var alarms = new Alarms(host);
        var (asking, listed, kept, first) =
            (await TestAccount.CreateAsync(host), await TestAccount.CreateAsync(host),
                await TestAccount.CreateAsync(host), await TestAccount.CreateAsync(host));
        var officer = await Officer.TokenAsync(host, "demo");
        // The control: without a fault there is no alarm.
        await Officer.RunAsync(host, officer, first.Subject);
        Assert.Equal(
            (0L, 0), (alarms.Count("keyrecovery.erasures_pending"), alarms.Errors("ErasurePending", "ErasureFailed")));

        string job;
        using (Begin(fault, host, stores))
        {
            using (var answer = await asking.SendAsync(asking.Phone, HttpMethod.Post, "/v1/erasure?round=0"))
                if (answer.IsSuccessStatusCode)
                    Assert.Equal("erasing",
                        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString());
            using (var filed = await Officer.FileAsync(host, officer, listed.Subject))
                job = await Officer.JobAsync(filed);
            await alarms.ErasurePendingAsync(2);
            using (var answer = await Officer.ReadAsync(host, officer, job))
            {
                var report = await answer.Content.ReadFromJsonAsync<JsonElement>();
                Assert.Equal(
                    (0, 1), (report.GetProperty("erased").GetInt32(), report.GetProperty("pending").GetInt32()));
            }

            // Past the point of no return, and not called erased.
            foreach (var account in new[] { asking, listed }) Assert.Null(await ReceiptAsync(account));
            using var open = await kept.SendAsync(kept.Phone, HttpMethod.Get, "/v1/vault");
            Assert.Equal(HttpStatusCode.OK, open.StatusCode);
        }

        foreach (var account in new[] { asking, listed }) Assert.Equal(1, (await UntilReceiptAsync(account)).Level);
        await kept.CommittedAsync(kept.Phone, TestAccount.ItemCommit(await kept.OpenAsync(), kept.Phone));
    }

    // Faults of files of SQLite.
    [Trait("Store", "Files")]
    [NeedsFact(Need.Chattr)]
    public async Task A_key_store_that_turns_read_only_after_the_point_of_no_return_gives_no_receipt()
    {
        await using var host = await TestHost.StartAsync(AtOnce);
        using var alarms = new Alarms(host);
        var (asking, kept) = (await TestAccount.CreateAsync(host), await TestAccount.CreateAsync(host));
        var reader = Begin("a reader", host, Path.Combine(host.DataDirectory, "stores"));
        using (var answer = await asking.SendAsync(asking.Phone, HttpMethod.Post, "/v1/erasure?round=0"))
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        await alarms.ErasurePendingAsync();
        var keys = Path.Combine(host.DataDirectory, "keys");
        using (Fault.ReadOnly(Path.Combine(keys, "keys.db"), keys))
        {
            // Now only the receipt is left to be written.
            reader.Dispose();
            await alarms.ErasurePendingAsync(2);
            Assert.Null(await ReceiptAsync(asking));
            // Nor can another be begun: it is not promised, and not lost.
            using var refused = await kept.SendAsync(kept.Phone, HttpMethod.Post, "/v1/erasure?round=0");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            using var open = await kept.SendAsync(kept.Phone, HttpMethod.Get, "/v1/vault");
            Assert.Equal(HttpStatusCode.OK, open.StatusCode);
        }

        Assert.Equal(1, (await UntilReceiptAsync(asking)).Level);
        Assert.Equal(
            "none", (await (await kept.SendAsync(kept.Phone, HttpMethod.Get, "/v1/erasure")).Content
                .ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString());
    }

    [NeedsFact(Need.Chattr)]
    public async Task A_KEK_that_cannot_be_destroyed_leaves_level_1_and_is_told()
    {
        await using var host = await TestHost.StartAsync(new(AtOnce) { ["Rotation:MinIntervalHours"] = "0" });
        using var alarms = new Alarms(host);
        var (asking, kept) = (await TestAccount.CreateAsync(host), await TestAccount.CreateAsync(host));
        var work = host.Services.GetRequiredService<ErasureWork>();
        using (Fault.ReadOnly(Path.Combine(host.DataDirectory, "ring", "kek-ring")))
        {
            using (var answer = await asking.SendAsync(asking.Phone, HttpMethod.Post, "/v1/erasure?round=0"))
                Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            Assert.Equal(1, (await UntilReceiptAsync(asking)).Level);
            await UntilAsync(() => alarms.Count("keyrecovery.rotations refused") >= 2
                && alarms.Errors("RotationPending") >= 2);
            await work.RunAsync(default);
            Assert.Equal(1, (await UntilReceiptAsync(asking)).Level);
            Assert.Equal(0, alarms.Count("keyrecovery.rotations done"));
        }

        await UntilAsync(() => alarms.Count("keyrecovery.rotations done") > 0);
        await work.RunAsync(default);
        var receipt = await UntilReceiptAsync(asking);
        Assert.Equal((2, 1u), (receipt.Level, receipt.Kek));
        await kept.CommittedAsync(kept.Phone, TestAccount.ItemCommit(await kept.OpenAsync(), kept.Phone));
    }

    [Fact]
    public async Task With_a_ring_of_an_older_day_it_does_not_start_and_no_key_is_lost_by_it()
    {
        using var directory = new TempDirectory();
        var (ring, older, right) =
            (Path.Combine(directory.Path, "ring", "kek-ring"), Path.Combine(directory.Path, "older"),
                Path.Combine(directory.Path, "right"));
        var settings = new Dictionary<string, string>(AtOnce) { ["Rotation:MinIntervalHours"] = "0" };
        TestAccount kept;
        await using (var host = await TestHost.StartAsync(settings, directory: directory))
        {
            File.Copy(ring, older);
            kept = await TestAccount.CreateAsync(host);
            await host.Services.GetRequiredService<KeyRecoveryService>().Rotation.RunAsync(begin: true, null, default);
        }

        File.Copy(ring, right);
        File.Copy(older, ring, overwrite: true);
        var refused =
            await Assert.ThrowsAsync<KekRingException>(() => TestHost.StartAsync(settings, directory: directory));
        Assert.Contains("is older than the key store: 1 rows", refused.Message, StringComparison.Ordinal);

        File.Copy(right, ring, overwrite: true);
        await using (var host = await TestHost.StartAsync(settings, directory: directory))
        {
            kept = kept.At(host);
            await kept.CommittedAsync(kept.Phone, TestAccount.ItemCommit(await kept.OpenAsync(), kept.Phone));
        }
    }

    private static IDisposable Begin(string fault, TestHost host, string stores)
    {
        switch (fault)
        {
            case "a reader":
                var reader = new SqliteConnection($"Data Source={Path.Combine(stores, "data.db")};Pooling=False");
                reader.Open();
                using (var begin = reader.CreateCommand())
                {
                    begin.CommandText = "BEGIN; SELECT count(*) FROM links";
                    begin.ExecuteScalar();
                }

                return reader;
            case "a read-only data store":
                return Fault.ReadOnly(
                    [.. Directory.GetFiles(stores)
                        .Where(f => f.Contains(".db", StringComparison.Ordinal)
                            && !f.EndsWith("-shm", StringComparison.Ordinal))]);
            case "a full data store":
                return Fault.Full(stores);
            default:
                return Fault.ReadOnly(Path.Combine(host.DataDirectory, "fence", "tombstones"));
        }
    }

    // Null while there is none; that the account is gone is asserted.
    private static async Task<ErasureReceipt?> ReceiptAsync(TestAccount account)
    {
        using var gone = await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/vault");
        var problem = await ProblemAssert.IsAsync(gone, HttpStatusCode.Gone, "erased");
        return problem.TryGetProperty("receipt", out var receipt)
            && Base64UrlText.TryDecodeUpTo(receipt.GetString(), SignedErasureReceipt.MaxSize, out var signed)
            ? SignedErasureReceipt.Decode(signed).Receipt
            : null;
    }

    private static async Task<ErasureReceipt> UntilReceiptAsync(TestAccount account)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            if (await ReceiptAsync(account) is { } receipt) return receipt;
            await Task.Delay(50, limit.Token);
        }
    }

    private static async Task UntilAsync(Func<bool> reached)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!reached()) await Task.Delay(50, limit.Token);
    }
}
