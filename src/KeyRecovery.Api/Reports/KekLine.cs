using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Rotation;

namespace KeyRecovery.Api.Reports;

/// <summary>A KEK in the report of <c>check</c>.</summary>
/// <param name="Id">From 1.</param>
/// <param name="State"><c>next</c>, <c>current</c>, <c>retiring</c> or <c>destroyed</c>.</param>
/// <param name="Since">The hour it came into that state.</param>
/// <param name="Rows">How many rows of the key store hang on it.</param>
internal sealed record KekLine(uint Id, string State, DateTimeOffset Since, int Rows)
{
    public static IEnumerable<KekLine> Of(RingReport ring) => ring.Keks.Select(kek => new KekLine(
        kek.Standing.Id.Value, NameOf(kek.Standing.State),
        DateTimeOffset.FromUnixTimeSeconds(kek.Standing.SinceHour * 3600), kek.Rows));

    /// <summary>For a person; null for one that is long gone and that nothing hangs on.</summary>
    public string? ToText() => (State, Rows) switch
    {
        ("destroyed", 0) => null,
        ("destroyed", _) => $"KEK {Id} is destroyed, and {Rows} rows hang on it: they are lost",
        _ => $"KEK {Id} is {State}: {Rows} rows",
    };

    private static string NameOf(KekState state) => state switch
    {
        KekState.Next => "next",
        KekState.Current => "current",
        KekState.Retiring => "retiring",
        _ => "destroyed",
    };
}
