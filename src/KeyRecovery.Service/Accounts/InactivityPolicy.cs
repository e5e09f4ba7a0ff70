namespace KeyRecovery.Service.Accounts;

/// <summary>When an app's accounts that nobody uses are erased (docs/protocol.md §21.6).</summary>
/// <param name="AfterDays">So many days after the last use the app's feed warns: 90 to 3,650.</param>
/// <param name="WarnDays">So many whole days lie between that and the erasure: 7 to 365, less than the other.</param>
public sealed record InactivityPolicy(int AfterDays, int WarnDays);
