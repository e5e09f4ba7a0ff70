using System.Text.Json.Serialization;

namespace KeyRecovery.Api.Reports;

/// <summary>Whether a set would restore.</summary>
/// <param name="Outcome"><c>done</c> or <c>failed</c>.</param>
/// <param name="Problem">Why not; null where it would.</param>
/// <param name="DataBytes">How long the data are.</param>
/// <param name="Accounts">Accounts whose key opens; null where the keys were not looked at.</param>
/// <param name="LostKeys">Accounts whose key does not.</param>
/// <param name="Passphrases">Passphrase slots that a restore would lock.</param>
/// <param name="SignatureChecked">Whether the signature was checked: without the keys, the server itself does it at the
/// restore.</param>
internal sealed record RehearsalReport(
    string Outcome, string? Problem, ulong DataBytes, int? Accounts, int LostKeys, int Passphrases,
    bool SignatureChecked)
{
    [JsonIgnore]
    public bool IsDone => Outcome == "done";

    public static RehearsalReport Failed(string problem) => new("failed", problem, 0, null, 0, 0, false);

    public IEnumerable<string> Lines()
    {
        if (!IsDone)
        {
            yield return $"failed: {Problem}";
            yield break;
        }

        yield return $"data: {DataBytes} bytes, as they were written";
        yield return Accounts is { } accounts
            ? $"keys: {accounts} accounts open, {LostKeys} do not; {Passphrases} passphrases would be locked. The "
                + "signature holds, by the audit key that the set has with it: --audit-key tells whether it is yours"
            : "keys: not looked at; --escrow and --offline-key open them";
        yield return "done: nothing was written";
    }
}
