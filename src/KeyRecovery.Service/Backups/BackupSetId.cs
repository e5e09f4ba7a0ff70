using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Backups;

/// <summary>The name of one backup set: 16 random bytes.</summary>
public readonly record struct BackupSetId
{
    /// <summary>The length in bytes: 16.</summary>
    public const int Size = 16;

    private readonly UInt128 _value;

    /// <summary>Reads an id.</summary>
    /// <exception cref="WireFormatException">Not 16 bytes.</exception>
    public BackupSetId(ReadOnlySpan<byte> bytes)
    {
        WireFormatException.Require(bytes.Length == Size, "a backup set's id has 16 bytes");
        _value = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>Draws an id.</summary>
    public static BackupSetId Draw(IRandom random)
    {
        Span<byte> bytes = stackalloc byte[Size];
        random.Fill(bytes);
        return new BackupSetId(bytes);
    }

    /// <summary>The 16 bytes.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, _value);
        return bytes;
    }

    /// <summary>32 hexadecimal digits in lower case, as in file names.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());
}
