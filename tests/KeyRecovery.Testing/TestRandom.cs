using System.Buffers.Binary;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Testing;

/// <summary>
/// Bytes that look random and repeat themselves from one run to the next: SHA-256 over seed and counter.
/// </summary>
public sealed class TestRandom(int seed) : IRandom
{
    private int _counter;

    /// <inheritdoc/>
    public void Fill(Span<byte> destination)
    {
        Span<byte> input = stackalloc byte[8];
        Span<byte> block = stackalloc byte[SHA256.HashSizeInBytes];
        while (!destination.IsEmpty)
        {
            BinaryPrimitives.WriteInt32BigEndian(input, seed);
            BinaryPrimitives.WriteInt32BigEndian(input[4..], Interlocked.Increment(ref _counter) - 1);
            SHA256.HashData(input, block);
            var count = Math.Min(block.Length, destination.Length);
            block[..count].CopyTo(destination);
            destination = destination[count..];
        }
    }

    /// <summary>The next <paramref name="length"/> bytes.</summary>
    public byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        Fill(bytes);
        return bytes;
    }
}
