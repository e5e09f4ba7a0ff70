using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Tests.Golden;

/// <summary>Draws exactly the bytes that a golden file tells.</summary>
internal sealed class FixedRandom(byte[] bytes) : IRandom
{
    private int _used;

    public void Fill(Span<byte> destination)
    {
        bytes.AsSpan(_used, destination.Length).CopyTo(destination);
        _used += destination.Length;
    }
}
