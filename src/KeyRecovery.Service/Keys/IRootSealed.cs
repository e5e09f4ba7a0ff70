namespace KeyRecovery.Service.Keys;

/// <summary>Something outside the key store that the root key seals: a root key's rotation seals it anew.</summary>
public interface IRootSealed
{
    /// <summary>Seals it under what the root key wraps with now, and reads it back.</summary>
    ValueTask<RingResult> ResealAsync(CancellationToken ct);
}
