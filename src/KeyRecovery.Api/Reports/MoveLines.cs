using System.Globalization;
using KeyRecovery.Service.Moves;

namespace KeyRecovery.Api.Reports;

/// <summary>Tells how far a move is, a line every two seconds, and one where something else begins.</summary>
internal sealed class MoveLines(TimeProvider time, Action<string> tell) : IProgress<MoveProgress>
{
    private const double Mebi = 1 << 20;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private MovePhase? _phase;
    private long _began;
    private long _told;

    public void Report(MoveProgress value)
    {
        lock (_lock)
        {
            if (_phase != value.Phase)
            {
                _phase = value.Phase;
                _began = _told = time.GetTimestamp();
                tell(NameOf(value.Phase));
            }

            if (time.GetElapsedTime(_told) < Every) return;
            _told = time.GetTimestamp();
            tell(Line(value, time.GetElapsedTime(_began)));
        }
    }

    private static string Line(MoveProgress at, TimeSpan took)
    {
        var rate = at.Rows / took.TotalSeconds;
        var of = at.OfRows is { } all ? $" of {all}" : "";
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{NameOf(at.Phase)} {at.Table}: {at.Rows}{of} rows, {at.Bytes / Mebi:F1} MiB, {rate:F0} rows/s");
        return at.OfRows is { } most
            ? string.Create(CultureInfo.InvariantCulture, $"{line}, {(most - at.Rows) / rate / 60:F1} min left") : line;
    }

    private static string NameOf(MovePhase phase) => phase.ToString().ToLowerInvariant();
}
