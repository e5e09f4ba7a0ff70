namespace KeyRecovery.Service.Erasure;

/// <summary>How an account's erasure stands.</summary>
/// <param name="State">How far it is.</param>
/// <param name="RequestedAt">When it was asked for, in seconds since 1970; 0 where it was not.</param>
/// <param name="DueInMs">How long a held one still waits.</param>
/// <param name="Round">What a request to erase or to cancel names: how many were called off before, as far as is
/// remembered. So a request that somebody recorded asks for nothing a second time.</param>
/// <param name="Receipt">The receipt, empty while there is none.</param>
public sealed record ErasureStatus(
    ErasureState State, ulong RequestedAt, long DueInMs, ulong Round, ReadOnlyMemory<byte> Receipt)
{
    /// <summary>
    /// Whether the account is under a legal hold: what is asked for waits until that is released, and the account
    /// works.
    /// </summary>
    public bool HasLegalHold { get; init; }

    /// <summary>Nobody has asked, since so many were called off.</summary>
    public static ErasureStatus None(ulong round) => new(ErasureState.None, 0, 0, round, default);
}
