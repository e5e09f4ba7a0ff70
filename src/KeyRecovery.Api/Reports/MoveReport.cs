using System.Globalization;
using System.Text.Json.Serialization;
using KeyRecovery.Service.Moves;

namespace KeyRecovery.Api.Reports;

/// <summary>How a move ended, for a person and <c>--json</c>.</summary>
/// <param name="Outcome"><c>done</c>; <c>planned</c>: a dry run; <c>given-up</c>; <c>refused</c>: what stands in the
/// way is not passed by itself; <c>unfinished</c>: the same again goes on.</param>
/// <param name="Problem">Why it is not done; null where it is.</param>
/// <param name="From">Where the rows are, or were.</param>
/// <param name="To">Where they go, or are.</param>
/// <param name="Rows">How many; null where it did not come to that, or where all was done before.</param>
/// <param name="Bytes">Bytes of their values.</param>
/// <param name="StaysBehind">Rows that say nothing any more, and were left.</param>
/// <param name="Tables">Rows by table.</param>
/// <param name="TooLarge">Rows that the destination does not take.</param>
/// <param name="Units">What a move costs in request units, by the published charges.</param>
/// <param name="Hours">How long that takes at the units a second that were told.</param>
internal sealed record MoveReport(
    string Outcome, string? Problem, string From, string To, long? Rows = null, long? Bytes = null,
    long? StaysBehind = null, IReadOnlyDictionary<string, long>? Tables = null,
    IReadOnlyList<string>? TooLarge = null, double? Units = null, double? Hours = null)
{
    private const double Mebi = 1 << 20;
    private const double SecondsAnHour = 3600;

    [JsonIgnore]
    public bool IsDone => Problem is null;

    /// <summary>With what there is.</summary>
    public MoveReport With(MovePlan plan, int unitsASecond) => this with
    {
        Rows = plan.Rows, Bytes = plan.Bytes, StaysBehind = plan.StaysBehind,
        Tables = plan.Tables.ToDictionary(share => share.Table.Name, share => share.Rows), TooLarge = plan.TooLarge,
        Units = Math.Ceiling(plan.Charge), Hours = plan.Charge / unitsASecond / SecondsAnHour,
    };

    public IEnumerable<string> Lines()
    {
        foreach (var (table, rows) in Tables ?? new Dictionary<string, long>())
            yield return string.Create(CultureInfo.InvariantCulture, $"{table}: {rows} rows");
        if (Rows is { } all)
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{all} rows of {(Bytes ?? 0) / Mebi:F1} MiB, {StaysBehind} stay behind; about {Units:F0} request "
                + $"units, {Hours:F2} hours at the units told");
        foreach (var row in TooLarge ?? []) yield return $"too large: {row}";
        yield return Outcome switch
        {
            "done" => $"done: {From} are fenced, and {To} may be served: set KeyRecovery:Store to cosmos",
            "planned" => "planned: nothing was changed",
            "given-up" => $"given up: {From} may be served again. Delete the databases of {To}",
            _ => $"{Outcome}: {Problem}",
        };
    }
}
