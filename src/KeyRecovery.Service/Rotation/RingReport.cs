using System.Collections.Immutable;
using KeyRecovery.Service.Keys;

namespace KeyRecovery.Service.Rotation;

/// <summary>What hangs on the ring.</summary>
/// <param name="Keks">Every KEK that ever was, ascending by id.</param>
/// <param name="Unreadable">Rows that do not decode, or name a KEK that never was.</param>
public sealed record RingReport(ImmutableArray<KekUse> Keks, int Unreadable)
{
    /// <summary>Rows whose KEK is destroyed: nobody opens them any more.</summary>
    public int Lost => Keks.Where(kek => kek.Standing.State == KekState.Destroyed).Sum(kek => kek.Rows);

    /// <summary>Whether every row hangs on a KEK that exists.</summary>
    public bool IsSound => Unreadable == 0 && Lost == 0;
}
