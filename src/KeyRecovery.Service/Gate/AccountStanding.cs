namespace KeyRecovery.Service.Gate;

/// <summary>How an account stands, by its two rows.</summary>
internal enum AccountStanding
{
    /// <summary>There is none, or one that is only being made.</summary>
    Unknown,

    /// <summary>Its key is destroyed.</summary>
    Erased,

    /// <summary>Its key is there, its data are not: a client uploads them anew.</summary>
    Lost,

    /// <summary>Its data lack the newest link, which the key row remembers: only a repair is taken.</summary>
    RolledBack,

    /// <summary>It can be read and changed.</summary>
    Open,
}
