namespace KeyRecovery;

/// <summary>
/// Where randomness comes from. Protocol has no source of its own: the host gives one that draws from the operating
/// system, a test gives one that repeats itself.
/// </summary>
public interface IRandom
{
    /// <summary>
    /// Fills the whole of <paramref name="destination"/> with bytes fit for keys and nonces. Safe from many threads.
    /// </summary>
    void Fill(Span<byte> destination);
}
