using System.Buffers.Binary;
using System.Text;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Service.Backups;

/// <summary>What the writer and the reader of a sealed key store agree on (docs/protocol.md §16.2).</summary>
internal static class SealedStream
{
    private const byte Format = 1;

    private static readonly byte[] KeyLabel = Encoding.ASCII.GetBytes(Labels.BackupKeys);

    public static byte[] Header(BackupSetId set) => [.. "KRKEYS"u8, Format, .. set.ToArray()];

    public static SecretBytes Key(SecretBytes kek, BackupSetId set) =>
        Kdf.Derive(kek.Span, set.ToArray(), KeyLabel, SecretBox.KeySize);

    public static byte[] Aad(ReadOnlySpan<byte> header, ulong index, bool last)
    {
        var aad = new byte[header.Length + sizeof(ulong) + 1];
        header.CopyTo(aad);
        BinaryPrimitives.WriteUInt64BigEndian(aad.AsSpan(header.Length), index);
        aad[^1] = last ? (byte)1 : (byte)0;
        return aad;
    }
}
