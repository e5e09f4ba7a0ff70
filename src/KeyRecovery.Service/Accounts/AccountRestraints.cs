namespace KeyRecovery.Service.Accounts;

/// <summary>What operators keep from being done to an account. The numbers are the key row's format.</summary>
[Flags]
public enum AccountRestraints
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It is suspended: it is read, and not changed.</summary>
    Suspended = 1,

    /// <summary>It is under a legal hold: it is not erased.</summary>
    Held = 2,
}
