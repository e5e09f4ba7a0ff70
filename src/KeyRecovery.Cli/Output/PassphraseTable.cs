using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Output;

/// <summary>How a passphrase stands at its realms.</summary>
internal static class PassphraseTable
{
    private const int ShownEvents = 12;

    /// <summary>
    /// How many guesses can still succeed: as many as the threshold-th best of the realms has; null where too few could
    /// be asked.
    /// </summary>
    public static int? GuessesLeft(ImmutableArray<PassphraseStatus> status)
    {
        var left = status.Where(s => s.State is not null).Select(s => s.GuessesLeft).OrderDescending().ToList();
        return status.IsEmpty || left.Count < status[0].Threshold ? null : left[status[0].Threshold - 1];
    }

    public static JsonObject Json(PassphraseStatus status) => new JsonObject
    {
        ["realm"] = status.Realm,
        ["state"] = status.State?.ToString().ToLowerInvariant(),
        ["guessesLeft"] = status.State is null ? (int?)null : status.GuessesLeft,
        ["nextAttemptInMs"] = (long)status.NextAttemptIn.TotalMilliseconds,
        ["guessesSinceRight"] = status.GuessesSinceRight,
        ["problem"] = status.Problem,
        ["concern"] = status.Concern is { } concern ? Words.Kebab(concern.GetType().Name) : null,
        ["events"] = status.Events.Select(e =>
            new JsonObject { ["at"] = ToldTime.At(e.At), ["what"] = Words.Kebab(e.Kind.ToString()) }).ToJson(),
    };

    public static void Write(Terminal people, ImmutableArray<PassphraseStatus> status)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("Server", "State", "Guesses left", "Next guess");
        foreach (var realm in status)
        {
            table.AddRow(
                Terminal.Cell(realm.Realm),
                Terminal.Cell(realm.State?.ToString().ToLowerInvariant() ?? realm.Problem!),
                Terminal.Cell(realm.State is null ? "?" : realm.GuessesLeft.ToString(CultureInfo.InvariantCulture)),
                Terminal.Cell(
                    realm.NextAttemptIn > TimeSpan.Zero ? $"in {Words.Duration(realm.NextAttemptIn)}" : "now"));
        }
        people.Write(table);
        people.WriteLine($"{status[0].Threshold} of {Words.Count(status[0].Of, "server")} must answer.");
        foreach (var concern in status.Select(r => r.Concern).OfType<ClientFailure>().Distinct())
            people.WriteLine($"Look out: {concern.Message}. What there is: keyrecovery account show");
        foreach (var realm in status.Where(r => r.GuessesSinceRight > 0))
            people.WriteLine(
                $"{realm.Realm} has seen {Words.Count(realm.GuessesSinceRight, "guess", "guesses")} since "
                + "the last right one. Was it not you? keyrecovery passphrase pause");
        foreach (var entry in status.SelectMany(r => r.Events.Select(e => (r.Realm, e))).OrderBy(e => e.e.At)
            .TakeLast(ShownEvents))
            people.WriteLine(
                $"  {Words.Time(ToldTime.At(entry.e.At))}  {Of(entry.e.Kind)} "
                + $"({entry.Realm})");
    }

    private static string Of(RealmEventKind kind) => kind switch
    {
        RealmEventKind.Registered => "set up",
        RealmEventKind.Attempt => "a guess",
        RealmEventKind.Reset => "a right guess",
        RealmEventKind.Paused => "paused",
        RealmEventKind.Resumed => "resumed",
        RealmEventKind.Destroyed => "locked for good",
        _ => "a guess that was refused",
    };
}
