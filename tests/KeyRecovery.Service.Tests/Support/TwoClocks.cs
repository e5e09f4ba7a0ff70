using Microsoft.Extensions.Time.Testing;

namespace KeyRecovery.Service.Tests.Support;

/// <summary>A wall clock and a steady one: time moves both, and somebody may set the wall clock alone.</summary>
internal sealed class TwoClocks(DateTimeOffset start) : FakeTimeProvider(start)
{
    private TimeSpan _set;

    /// <summary>Sets the wall clock forward or back; no time passes.</summary>
    public void Set(TimeSpan by) => _set += by;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _set;

    public override long GetTimestamp() => base.GetUtcNow().Ticks;
}
