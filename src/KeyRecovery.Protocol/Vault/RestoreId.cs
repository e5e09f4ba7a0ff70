using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>The name of one restore of a server's data from a backup, 16 random bytes (docs/protocol.md §7).</summary>
public readonly record struct RestoreId
{
    /// <summary>The length in bytes: 16.</summary>
    public const int Size = Bytes16.Size;

    private readonly Bytes16 _bytes;

    /// <summary>Reads an id.</summary>
    /// <exception cref="WireFormatException">Not 16 bytes.</exception>
    public RestoreId(ReadOnlySpan<byte> bytes) => _bytes = new Bytes16(bytes);

    /// <summary>Draws an id.</summary>
    public static RestoreId Draw(IRandom random)
    {
        Span<byte> bytes = stackalloc byte[Bytes16.Size];
        random.Fill(bytes);
        return new RestoreId(bytes);
    }

    /// <summary>The 16 bytes.</summary>
    public byte[] ToArray() => _bytes.ToArray();

    /// <summary>Unpadded base64url, 22 characters.</summary>
    public override string ToString() => _bytes.ToString();
}
