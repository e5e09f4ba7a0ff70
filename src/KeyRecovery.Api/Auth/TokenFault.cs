namespace KeyRecovery.Api.Auth;

/// <summary>Why a token does not hold: for the operator's log, and for no caller.</summary>
internal enum TokenFault
{
    /// <summary>It holds.</summary>
    None,

    /// <summary>No signed JWT of at most 8,192 characters, or a name stands in it twice.</summary>
    Malformed,

    /// <summary>Nobody who is configured has this issuer and audience.</summary>
    NoSource,

    /// <summary>More than one has.</summary>
    ManySources,

    /// <summary>It has expired, is not valid yet, or does not say when it expires.</summary>
    Time,

    /// <summary>The issuer has no such key, also not when asked again.</summary>
    UnknownKey,

    /// <summary>The signature is not that key's, or of an algorithm that is not taken.</summary>
    Signature,

    /// <summary>There is no subject of 1 to 256 bytes.</summary>
    Subject,

    /// <summary>It lacks the scope that the route asks for.</summary>
    Scope,

    /// <summary>The issuer's keys cannot be had at the moment.</summary>
    KeysUnavailable,
}
