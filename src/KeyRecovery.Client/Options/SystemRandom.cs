using System.Security.Cryptography;

namespace KeyRecovery;

/// <summary>The operating system's random bytes.</summary>
public sealed class SystemRandom : IRandom
{
    /// <summary>The one instance.</summary>
    public static SystemRandom Instance { get; } = new();

    private SystemRandom() { }

    /// <inheritdoc/>
    public void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
}
