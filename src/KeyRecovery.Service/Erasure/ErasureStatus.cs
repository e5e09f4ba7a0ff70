namespace KeyRecovery.Service.Erasure;

/// <summary>How an account's erasure stands.</summary>
/// <param name="State">How far it is.</param>
/// <param name="RequestedAt">When it was asked for, in seconds since 1970; 0 where it was not.</param>
/// <param name="DueInMs">How long a held one still waits.</param>
/// <param name="Receipt">The receipt, empty while there is none.</param>
public sealed record ErasureStatus(ErasureState State, ulong RequestedAt, long DueInMs, ReadOnlyMemory<byte> Receipt)
{
    /// <summary>Nobody has asked.</summary>
    public static ErasureStatus None { get; } = new(ErasureState.None, 0, 0, default);
}
