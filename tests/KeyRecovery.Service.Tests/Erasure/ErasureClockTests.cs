using KeyRecovery.Protocol.Audit;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Maintenance;
using KeyRecovery.Service.Rotation;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using Microsoft.Data.Sqlite;

namespace KeyRecovery.Service.Tests.Erasure;

/// <summary>
/// A server's clock that is set back or forward: a hold never ends early by it, a receipt never changes, and nothing
/// that is pending is swept away.
/// </summary>
public sealed class ErasureClockTests
{
    private readonly TestRandom _random = new(43);

    [Fact]
    public async Task A_clock_that_is_set_back_lengthens_a_hold_and_leaves_receipts_as_they_are()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "anna");
        server.Time.Advance(TimeSpan.FromHours(200));
        var begin = server.Time.GetUtcNow();
        await server.RequestErasureAsync(account, phone);
        server.Time.AdjustTime(begin - TimeSpan.FromHours(100));
        Assert.Equal(0, (await server.Service.Erasures.ResumeAsync(default)).Erased);
        // Asked again it is the same request.
        Assert.Equal(172L * 3600 * 1000, (await server.RequestErasureAsync(account, phone)).DueInMs);
        server.Time.AdjustTime(begin + TimeSpan.FromHours(71));
        Assert.Equal(0, (await server.Service.Erasures.ResumeAsync(default)).Erased);
        server.Time.AdjustTime(begin + TimeSpan.FromHours(72));
        Assert.Equal(1, (await server.Service.Erasures.ResumeAsync(default)).Erased);
        var first = (await server.RefusedAsync(account, phone)).Receipt.ToArray();

        server.Time.AdjustTime(begin - TimeSpan.FromDays(300));
        await server.Service.Erasures.ResumeAsync(default);
        Assert.Equal(first, (await server.RefusedAsync(account, phone)).Receipt.ToArray());
        Assert.IsType<RotationOutcome.Done>(await server.Service.Rotation.RunAsync(begin: true, null, default));
        Assert.Equal(1, (await server.Service.Erasures.ResumeAsync(default)).Final);
        var second = SignedErasureReceipt.Decode((await server.RefusedAsync(account, phone)).Receipt);
        Assert.True(second.IsSignedBy(server.Service.Erasures.AuditKey));
        Assert.Equal((2, SignedErasureReceipt.Decode(first).Receipt.Id), (second.Receipt.Level, second.Receipt.Id));
        var (again, againPhone, _) = await server.NewAccountAsync(_random, "anna");
        (await server.PassAsync(again, againPhone)).Dispose();
    }

    [Trait("Store", "Files")]
    [Fact]
    public async Task What_is_pending_for_months_is_neither_swept_nor_forgotten_nor_called_done()
    {
        await using var server = await TestService.OpenAsync();
        server.ErasureHold = TimeSpan.Zero;
        var (account, phone, _) = await server.NewAccountAsync(_random, "anna");
        var (kept, keptPhone, _) = await server.NewAccountAsync(_random, "kept");
        var (listed, listedPhone, _) = await server.NewAccountAsync(_random, "listed");
        var job = await server.FileErasuresAsync("listed");
        using (var reader = new SqliteConnection($"Data Source={server.StorePath};Pooling=False"))
        {
            reader.Open();
            using var begin = reader.CreateCommand();
            begin.CommandText = "BEGIN; SELECT count(*) FROM links";
            begin.ExecuteScalar();
            Assert.Equal(ErasureState.Erasing, (await server.RequestErasureAsync(account, phone)).State);
            for (var month = 0; month < 3; month++)
            {
                server.Time.Advance(TimeSpan.FromDays(31));
                await server.Service.Sweeper.SweepAsync(TimeSpan.FromHours(24), default);
                var report = await server.Service.Erasures.ResumeAsync(default);
                Assert.Equal((0, 2), (report.Erased, report.Pending));
                Assert.Equal(1, (await server.JobAsync(job)).Pending);
                foreach (var (gone, device) in new[] { (account, phone), (listed, listedPhone) })
                {
                    var refused = await server.RefusedAsync(gone, device);
                    Assert.Equal((ErrorCode.Erased, true), (refused.Code, refused.Receipt.IsEmpty));
                }
            }
        }

        Assert.Equal(2, (await server.Service.Erasures.ResumeAsync(default)).Erased);
        Assert.Equal(1, (await server.JobAsync(job)).Erased);
        foreach (var (gone, device) in new[] { (account, phone), (listed, listedPhone) })
            Assert.False((await server.RefusedAsync(gone, device)).Receipt.IsEmpty);
        (await server.PassAsync(kept, keptPhone)).Dispose();
        Assert.True((await server.Service.Audit.RunAsync(default)) is { IsSound: true, OrphanRows.Count: 0 });
    }
}
