namespace KeyRecovery.Service.Keys;

/// <summary>
/// A root key that can be replaced. While a next one exists, it wraps all that is wrapped, and both unwrap: so a change
/// that a crash cut short opens, and goes on.
/// </summary>
public interface IRotatingRootKey : IRootKey
{
    /// <summary>Whether there is a next key: a change was begun and has not ended.</summary>
    bool IsRotating { get; }

    /// <summary>Makes a next key durable; done as well where there is one.</summary>
    RingResult AddNext();

    /// <summary>Whether <paramref name="wrapped"/> unwraps by the next key alone.</summary>
    bool IsUnderNext(ReadOnlySpan<byte> purpose, ReadOnlySpan<byte> wrapped);

    /// <summary>
    /// Puts the next key in place of the current one, which is gone then. Nothing may need it any more.
    /// </summary>
    RingResult Finish();
}
