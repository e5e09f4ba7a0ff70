using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Api.Options;

/// <summary>One app: whose tokens it trusts, and its policy.</summary>
internal sealed class AppOptions : TokenSourceOptions
{
    /// <summary>1 to 64 of <c>a-z 0-9 . -</c>. It is part of every account's id: never rename it.</summary>
    public string Id { get; set; } = "";

    /// <summary>
    /// Names that <see cref="TokenSourceOptions.Issuer"/> had before, the newest first; at most eight. Tokens with them
    /// hold as ever, verified by the keys of today, and accounts that stand under them are found. Default none.
    /// </summary>
    public string[] FormerIssuers { get; set; } = [];

    /// <summary>How its back end is told what was done to its accounts, where it does not ask.</summary>
    public AppEventOptions Events { get; set; } = new();

    /// <summary>What the app allows.</summary>
    public AppPolicyOptions Policy { get; set; } = new();

    /// <summary>How much the app may have.</summary>
    public AppQuotaOptions Quota { get; set; } = new();

    /// <summary>When its accounts that nobody uses are erased.</summary>
    public AppInactiveOptions Inactive { get; set; } = new();

    /// <summary>As the service reads it.</summary>
    public AppPolicy ToPolicy() => Policy.ToPolicy() with
    {
        Issuers = FormerIssuers.Length == 0 ? [] : [.. Issuers], Quota = Quota.ToQuota(),
        Inactive = Inactive.ToPolicy(),
    };

    /// <inheritdoc/>
    public override IEnumerable<string> Issuers => [Issuer, .. FormerIssuers];
}
