namespace KeyRecovery.Api.Tests.Threats.Routes;

/// <summary>Who calls a route. All but the last two belong to one person, with an account in the app "demo".</summary>
[Flags]
internal enum Callers
{
    /// <summary>Neither signature nor token.</summary>
    Nobody = 1,

    /// <summary>A valid token of the account's own user.</summary>
    Token = 2,

    /// <summary>The same person's token of another app.</summary>
    OtherToken = 4,

    /// <summary>The account's first device, which is trusted.</summary>
    Device = 8,

    /// <summary>A device that was linked a moment ago.</summary>
    Young = 16,

    /// <summary>A device that was linked and removed.</summary>
    Removed = 32,

    /// <summary>The recovery code.</summary>
    Code = 64,

    /// <summary>
    /// Whoever has what a route asks for in place of an account: the bearer or join token of a link session, the keys
    /// of a passphrase slot at the realm.
    /// </summary>
    Holder = 128,

    /// <summary>An operator of the account's app.</summary>
    Operator = 256,

    /// <summary>An operator of another app.</summary>
    OtherOperator = 512,

    /// <summary>Who is served where an account is.</summary>
    Members = Device | Young | Code,

    /// <summary>Who signs.</summary>
    Signers = Members | Removed,

    /// <summary>Both operators.</summary>
    Operators = Operator | OtherOperator,

    /// <summary>Who sends no token.</summary>
    Tokenless = Nobody | Signers | Holder,

    /// <summary>Who sends no signature.</summary>
    Unsigned = Nobody | Token | OtherToken | Holder | Operators,

    /// <summary>Everybody.</summary>
    All = Unsigned | Signers,
}
