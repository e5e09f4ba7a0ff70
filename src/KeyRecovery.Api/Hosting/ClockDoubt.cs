using System.Globalization;
using KeyRecovery.Api.Options;
using KeyRecovery.Service.Clocks;

namespace KeyRecovery.Api.Hosting;

/// <summary>
/// What the server's files say of the clock that it starts with, which is believed from then on: it was written to at
/// other times than such a clock allows. Nobody but the operator can tell which of the two is wrong.
/// </summary>
/// <param name="Sentence">Null where nothing speaks against it.</param>
internal sealed record ClockDoubt(string? Sentence)
{
    /// <summary>Nothing speaks against it.</summary>
    public static readonly ClockDoubt None = new((string?)null);

    /// <summary>A server that is off for longer is rare enough to be asked about: two days.</summary>
    public static readonly TimeSpan LongOff = TimeSpan.FromDays(2);

    /// <summary>Of the clock as it is.</summary>
    public static ClockDoubt Of(DataDirectories places, TimeProvider time) => Of(places, time.GetUtcNow());

    /// <summary>Looks at when files were last written; before anything is opened, which writes.</summary>
    public static ClockDoubt Of(DataDirectories places, DateTimeOffset now)
    {
        var newest = places.Named.Where(place => Directory.Exists(place.Path))
            .SelectMany(place => new DirectoryInfo(place.Path).EnumerateFiles())
            .MaxBy(file => file.LastWriteTimeUtc);
        if (newest is null) return None;
        var written = new DateTimeOffset(newest.LastWriteTimeUtc);
        if (written - now > ServerClock.Tolerance)
            return Doubt("is behind, or was ahead then");
        return now - written > LongOff ? Doubt("is ahead, unless the server was off for so long")
            : None;

        ClockDoubt Doubt(string how) => new(string.Create(CultureInfo.InvariantCulture,
            $"The clock says {now:u}, and {newest.FullName} was last written at {written:u}: the clock {how}. Tokens, "
            + $"holds and what backup sets expire by go by it; where it is wrong, set it right and restart the server "
            + $"within the hour"));
    }
}
