namespace KeyRecovery.Api.Auth;

/// <summary>What an operator may do for an app (docs/protocol.md §15.3); the words stand in its token.</summary>
internal enum OperatorScope
{
    /// <summary>File erasures, and read how they stand.</summary>
    Erase,

    /// <summary>Read the app's event feed.</summary>
    Events,

    /// <summary>Read counts.</summary>
    Statistics,

    /// <summary>Find an account, and read how it stands.</summary>
    ReadAccounts,

    /// <summary>Suspend an account, and resume it.</summary>
    Suspend,

    /// <summary>Put an account under a legal hold, read why, and release it.</summary>
    Hold,

    /// <summary>Give an account another subject or issuer.</summary>
    Move,

    /// <summary>Export what the service holds on a person.</summary>
    Export,
}
