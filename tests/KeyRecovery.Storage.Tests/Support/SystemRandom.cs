using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Storage.Tests.Support;

public sealed class SystemRandom : IRandom
{
    public static SystemRandom Instance { get; } = new();

    public void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);

    public static byte[] Bytes(int length) => RandomNumberGenerator.GetBytes(length);
}
