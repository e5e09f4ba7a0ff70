namespace KeyRecovery.Api.Tests.Threats.Routes;

/// <summary>What a request names.</summary>
internal enum Aim
{
    /// <summary>The caller's own account, and what is in it.</summary>
    Own,

    /// <summary>Somebody else's account of the same app: a signer claims to be in it.</summary>
    Other,

    /// <summary>As the other, but there is no such account.</summary>
    Absent,

    /// <summary>The caller's own account, and a thing in somebody else's.</summary>
    Foreign,

    /// <summary>The caller's own account, and a thing that is nowhere.</summary>
    Missing,
}
