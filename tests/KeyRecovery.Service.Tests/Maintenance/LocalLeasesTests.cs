using KeyRecovery.Service.Maintenance;

namespace KeyRecovery.Service.Tests.Maintenance;

/// <summary>One does a duty at a time, and whoever ends it, however, lets it go.</summary>
public sealed class LocalLeasesTests
{
    private readonly LocalLeases _leases = new();

    [Fact]
    public async Task A_duty_that_somebody_does_is_not_begun_and_others_are()
    {
        var goOn = new TaskCompletionSource();
        var first = _leases.TryRunAsync(Duty.Sweep, _ => goOn.Task, default);
        Assert.False(await _leases.TryRunAsync(Duty.Sweep, _ => throw new InvalidOperationException("begun"), default));
        var others = 0;
        Assert.True(await _leases.TryRunAsync(Duty.Rotation, _ => Task.FromResult(others++), default));
        goOn.SetResult();
        Assert.True(await first);
        Assert.True(await _leases.TryRunAsync(Duty.Sweep, _ => Task.FromResult(others++), default));
        Assert.Equal(2, others);
    }

    [Fact]
    public async Task A_duty_that_failed_or_was_cancelled_is_free_again()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAsync<IOException>(
            () => _leases.TryRunAsync(Duty.Erasure, _ => throw new IOException(), default).AsTask());
        await Assert.ThrowsAsync<TaskCanceledException>(
            () => _leases.TryRunAsync(Duty.Erasure, ct => Task.Delay(-1, ct), cancelled.Token).AsTask());
        Assert.True(await _leases.TryRunAsync(Duty.Erasure, _ => Task.CompletedTask, default));
    }
}
