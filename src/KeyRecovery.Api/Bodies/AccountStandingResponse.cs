using System.ComponentModel;
using System.Globalization;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Operators;

namespace KeyRecovery.Api.Bodies;

/// <summary>How an account stands, for its app's operators: no name, and no id of a device or slot.</summary>
internal sealed record AccountStandingResponse
{
    [Description("The account's id, base64url.")]
    public required string Account { get; init; }

    [Description(
        "open, repair-required, vault-lost or erased; on a page also damaged, where a row of it does not open.")]
    public required string State { get; init; }

    [Description("Since when it is suspended, in Unix seconds; absent where it is not.")]
    public ulong? SuspendedSince { get; init; }

    [Description("Since when it is under a legal hold, in Unix seconds; absent where it is not.")]
    public ulong? HeldSince { get; init; }

    [Description("The erasure that was asked for; absent where none was.")]
    public ErasureResponse? Erasure { get; init; }

    [Description("How many devices are active; absent where the data are lost.")]
    public int? Devices { get; init; }

    [Description("How many recovery codes are active.")]
    public int? Codes { get; init; }

    [Description("How many passphrases are active.")]
    public int? Passphrases { get; init; }

    [Description("How many slots of other kinds are active.")]
    public int? OtherSlots { get; init; }

    [Description("The sealed sizes of the current items together, in bytes.")]
    public long? LiveBytes { get; init; }

    [Description("The sealed sizes of the older versions that are kept, in bytes.")]
    public long? KeptBytes { get; init; }

    [Description("The sealed sizes of the items that no commit names yet, in bytes.")]
    public long? StagedBytes { get; init; }

    [Description("The day (UTC) on which it was made, as yyyy-mm-dd.")]
    public string? CreatedOn { get; init; }

    [Description("The newest day (UTC) on which a device or slot of it was let in; absent where that is not known.")]
    public string? UsedOn { get; init; }

    [Description(
        "The day (UTC) on which the app was warned that nobody uses it; absent where it was not, or somebody has.")]
    public string? WarnedOn { get; init; }

    [Description("The day (UTC) before which it is not erased for that; absent where the app was not warned.")]
    public string? ErasableOn { get; init; }

    [Description("The day (UTC) of its newest change, as yyyy-mm-dd; absent where that is not known.")]
    public string? ChangedOn { get; init; }

    public static AccountStandingResponse Of(AccountReport report)
    {
        var bare = new AccountStandingResponse
        {
            Account = report.Account.ToString(),
            State = report.State switch
            {
                ReportedState.Open => "open",
                ReportedState.RepairRequired => ProblemTypes.RepairRequired,
                ReportedState.VaultLost => ProblemTypes.VaultLost,
                ReportedState.Damaged => "damaged",
                _ => "erased",
            },
            SuspendedSince = report.SuspendedSince,
            HeldSince = report.HeldSince,
            Erasure = report.Erasure is { } erasure ? ErasureResponse.Of(erasure) : null,
            CreatedOn = Day(report.CreatedOn),
            UsedOn = Day(report.UsedOn),
            WarnedOn = Day(report.WarnedOn),
            ErasableOn = Day(report.ErasableOn),
            ChangedOn = Day(report.ChangedOn),
        };
        var active = report.Authorities;
        return active.IsEmpty ? bare : bare with
        {
            Devices = active.GetValueOrDefault(AuthorityKind.Device),
            Codes = active.GetValueOrDefault(AuthorityKind.Code),
            Passphrases = active.GetValueOrDefault(AuthorityKind.Passphrase),
            OtherSlots = active.Where(kind => kind.Key > AuthorityKind.Passphrase).Sum(kind => kind.Value),
            LiveBytes = report.LiveBytes,
            KeptBytes = report.KeptBytes,
            StagedBytes = report.StagedBytes,
        };
    }

    private static string? Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
