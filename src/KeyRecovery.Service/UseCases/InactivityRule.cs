using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Feed;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// What is due with an account that nobody uses (docs/protocol.md §21.6). One rule for whoever warns, erases and tells
/// of it; it reads no clock and no store.
/// </summary>
/// <param name="Policy">What its app has set.</param>
/// <param name="Watch">Since when the app's accounts are looked at without a gap.</param>
/// <param name="RestoredOn">The day of the newest restore of keys; 0 where there was none. Who came between the backup
/// and it is forgotten: it counts as a use of every account.</param>
/// <param name="Now">What the server's clocks say.</param>
internal sealed record InactivityRule(
    InactivityPolicy Policy, InactivityWatch Watch, ulong RestoredOn, Moment Now)
{
    /// <summary>What is due, by its key row.</summary>
    public InactivityStep StepOf(KeyRow row)
    {
        if (row.State == KeyRowState.Erased) return InactivityStep.None;
        var leave = row.WarnedOn == 0 ? InactivityStep.None : InactivityStep.Forget;
        // Whoever keeps it from being changed or erased decides about it; afterwards it is warned anew.
        if (row.Restraints != AccountRestraints.None) return leave;
        if (row.UsedOn == 0) return InactivityStep.Begin;
        if (Now.EarliestDay <= Math.Max(row.UsedOn, RestoredOn) + (ulong)Policy.AfterDays) return leave;
        if (!IsWarned(row)) return InactivityStep.Warn;
        return Now.EarliestDay < ErasableOn(row) ? InactivityStep.None : InactivityStep.Erase;
    }

    /// <summary>Whether a warning counts: given while somebody looked each day, and not before a restore.</summary>
    public bool IsWarned(KeyRow row) => row.WarnedOn != 0 && row.WarnedOn >= Watch.Since && row.WarnedOn > RestoredOn
        && row.WarnedOn <= Now.LatestDay + 1 && row.Restraints == AccountRestraints.None;

    /// <summary>The day on which a warned one may be erased: as it was told, and never earlier than is set now.
    /// </summary>
    public ulong ErasableOn(KeyRow row) => Math.Max(row.ErasableOn, EndOf(row.WarnedOn));

    /// <summary>The day on which one that is warned on a day may be erased: whole days lie between.</summary>
    public ulong EndOf(ulong warnedOn) => warnedOn + (ulong)Policy.WarnDays + 1;
}

/// <summary>What is due with an account, as to its use.</summary>
internal enum InactivityStep
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Nobody knows when it was used: it counts from today.</summary>
    Begin,

    /// <summary>A warning of before is no longer due.</summary>
    Forget,

    /// <summary>Its app is to be warned.</summary>
    Warn,

    /// <summary>It is to be erased.</summary>
    Erase,
}
