using System.Buffers.Binary;

namespace KeyRecovery.Service.Stores;

/// <summary>
/// The id of a logged change: its outbox row's, and what the row that decided it carries in plain. The default is none.
/// </summary>
/// <param name="Time">When it was planned, in seconds since 1970: ids are told apart by age, and nothing is decided
/// by it.</param>
/// <param name="Random">64 random bits.</param>
public readonly record struct ChangeId(ulong Time, ulong Random)
{
    /// <summary>16 bytes.</summary>
    public const int Size = 2 * sizeof(ulong);

    /// <summary>Whether there is no change.</summary>
    public bool IsNone => this == default;

    /// <summary>A new one.</summary>
    internal static ChangeId Draw(ulong time, IRandom random)
    {
        Span<byte> drawn = stackalloc byte[sizeof(ulong)];
        random.Fill(drawn);
        return new ChangeId(time, BinaryPrimitives.ReadUInt64BigEndian(drawn));
    }

    /// <summary>Reads 16 bytes.</summary>
    internal static ChangeId Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[sizeof(ulong)..]));

    /// <summary>The newest change that a row has decided; none where there is no row.</summary>
    internal static ChangeId Of(Row? decider) =>
        decider is null || decider.Value.Length < Size ? default : Read(decider.Value.Span);

    /// <summary>16 bytes, big-endian: the order of ids is the order of their bytes.</summary>
    internal byte[] ToArray()
    {
        var bytes = new byte[Size];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, Time);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(sizeof(ulong)), Random);
        return bytes;
    }
}
