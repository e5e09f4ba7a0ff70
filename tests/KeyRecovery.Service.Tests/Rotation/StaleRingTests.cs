using KeyRecovery.Protocol.Audit;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Maintenance;
using KeyRecovery.Service.Rotation;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Rotation;

/// <summary>
/// A ring of an older day under stores of today: pending and told, never a success, and no key is lost by it.
/// </summary>
public sealed class StaleRingTests
{
    private readonly TestRandom _random = new(41);

    [Fact]
    public async Task It_erases_nobody_finishes_nobody_draws_no_KEK_and_all_goes_on_with_the_right_one()
    {
        var first = await TestService.OpenAsync();
        first.ErasureHold = TimeSpan.Zero;
        var (file, folder) = (Path.Combine(first.Folder, "ring", "kek-ring"), first.Folder);
        var (older, right) = (Path.Combine(folder, "older"), Path.Combine(folder, "right"));
        var (kept, keptPhone, _) = await first.NewAccountAsync(_random, "kept");
        var (gone, gonePhone, _) = await first.NewAccountAsync(_random, "gone");
        await first.NewAccountAsync(_random, "listed");
        File.Copy(file, older);
        Assert.IsType<RotationOutcome.Done>(await first.Service.Rotation.RunAsync(begin: true, null, default));
        Assert.Equal(ErasureState.Erased, (await first.RequestErasureAsync(gone, gonePhone)).State);
        await first.CloseAsync();
        File.Copy(file, right);

        File.Copy(older, file, overwrite: true);
        var stale = await TestService.OpenAsync(folder, SystemRandom.Instance);
        var standings = stale.Ring.Standings;
        var job = await stale.FileErasuresAsync("listed");
        for (var pass = 0; pass < 2; pass++)
        {
            var report = await stale.Service.Erasures.ResumeAsync(default);
            // The one that waits for its KEK, and the one whose key does not open.
            Assert.Equal((0, 0, 2, 0), (report.Erased, report.Final, report.Pending, report.AwaitKek));
            Assert.NotNull(report.Problem);
            Assert.Equal(
                2, Assert.IsType<RotationOutcome.Blocked>(
                    await stale.Service.Rotation.RunAsync(begin: true, null, default)).Unreadable);
        }

        Assert.Equal(standings.AsEnumerable(), stale.Ring.Standings);
        Assert.Equal(2, await stale.Service.RingAudit.CountNewerAsync(default));
        Assert.Equal(1, (await stale.JobAsync(job)).Pending);
        Assert.Equal(1, SignedErasureReceipt.Decode((await stale.RefusedAsync(gone, gonePhone)).Receipt).Receipt.Level);
        await Assert.ThrowsAsync<RowDamagedException>(() => stale.PassAsync(kept, keptPhone));
        await stale.CloseAsync();

        File.Copy(right, file, overwrite: true);
        await using var server = await TestService.OpenAsync(folder, SystemRandom.Instance);
        Assert.Equal(0, await server.Service.RingAudit.CountNewerAsync(default));
        (await server.PassAsync(kept, keptPhone)).Dispose();
        Assert.Equal(1, (await server.Service.Erasures.ResumeAsync(default)).Erased);
        Assert.Equal(1, (await server.JobAsync(job)).Erased);
        Assert.Equal(new KekId(2),
            Assert.Single(
                Assert.IsType<RotationOutcome.Done>(
                    await server.Service.Rotation.RunAsync(begin: true, null, default)).Destroyed));
        Assert.Equal(2, (await server.Service.Erasures.ResumeAsync(default)).Final);
        (await server.PassAsync(kept, keptPhone)).Dispose();
    }
}
