using System.Security.Cryptography;

namespace KeyRecovery.Api.Stores;

/// <summary>The operating system's random bytes.</summary>
internal sealed class SystemRandom : IRandom
{
    public static readonly SystemRandom Instance = new();

    private SystemRandom() { }

    /// <inheritdoc/>
    public void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
}
