using System.Text.Json.Serialization;
using KeyRecovery.Service.Restore;

namespace KeyRecovery.Api.Reports;

/// <summary>How a restore ended, for a person and <c>--json</c>.</summary>
/// <param name="Outcome"><c>done</c>; <c>refused</c>: nothing was changed; <c>quarantined</c>: the stores are there,
/// and nobody is served yet.</param>
/// <param name="Problem">Why it is not done; null where it is.</param>
/// <param name="Part"><c>data</c>, <c>keys</c> or <c>all</c>.</param>
/// <param name="Joined">What became of the accounts; null where it did not come to that.</param>
/// <param name="LostKeys">Accounts whose key was not among those that were escrowed.</param>
/// <param name="LockedPassphrases">Passphrase slots that must be set anew.</param>
/// <param name="Replaced">Where the old files are now.</param>
internal sealed record RestoreReport(
    string Outcome, string? Problem, string Part, JoinReport? Joined, int LostKeys, int LockedPassphrases,
    IReadOnlyList<string> Replaced)
{
    [JsonIgnore]
    public bool IsDone => Outcome == "done";

    public static RestoreReport Refused(string problem, RestorePart part) =>
        new("refused", problem, Word(part), null, 0, 0, []);

    public static RestoreReport Of(
        JoinReport joined, RestorePart part, int lost, int locked, IReadOnlyList<string> replaced) => new(
            joined.IsDone ? "done" : "quarantined",
            joined.Stopped
                ? $"the data of {joined.Orphans} accounts have no key, and {joined.Expected} erased ones would "
                    + "explain as many: is it the right set, or the right key store? If it is, run it again with "
                        + "--sweep-anyway to remove them; "
                    + "if it is not, restore from the right set with --replace"
                : joined.Problem,
            Word(part), joined, lost, locked, replaced);

    public static string Word(RestorePart part) => part switch
    {
        RestorePart.Data => "data",
        RestorePart.Keys => "keys",
        _ => "all",
    };

    public IEnumerable<string> Lines()
    {
        if (Joined is { } joined && IsDone)
        {
            yield return $"accounts: {joined.Accounts} whole, {joined.VaultsLost} without data and "
                + $"{joined.RolledBack} older than a removal (their devices repair them), {joined.Damaged} damaged";
            yield return $"erased: {joined.ErasedAgain} had come back and are erased again; the data of "
                + $"{joined.Orphans} accounts without a key are removed";
        }

        if (LockedPassphrases > 0) yield return $"passphrases: {LockedPassphrases} are locked until they are set anew";
        if (LostKeys > 0) yield return $"{LostKeys} accounts are lost: their keys were not escrowed";
        if (Joined is { HoldsBegunAnew: > 0 } anew)
            yield return $"erasures: the time of {anew.HoldsBegunAnew} that devices had asked for begins anew; who "
                + "has cancelled since the set was made must cancel again";
        foreach (var file in Replaced)
            yield return IsDone && Path.GetFileName(file).StartsWith("keys.db", StringComparison.Ordinal)
            ? $"the old file is {file}: nothing opens it any more, delete it"
            : $"the old file is {file}: delete it when all is well";
        yield return IsDone ? "done: start the server" : $"{Outcome}: {Problem}";
    }
}
