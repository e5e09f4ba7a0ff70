using System.Buffers.Binary;
using System.Text;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Storage.Azure.Ring;

/// <summary>
/// The row of the standings: wrapped by the root key, one byte of format (1), then 29 bytes a KEK, ascending by id: id
/// (4), state (1), the hour it entered that state (8), the nonce of its secret's name (16); integers are big-endian.
/// </summary>
internal static class StandingsFormat
{
    private const byte Format = 1;
    private const int EntrySize = 4 + 1 + 8 + 16;

    /// <summary>Where it is.</summary>
    public static RowKey Place { get; } = new(Table.KekStandings, "kek-ring"u8.ToArray());

    private static ReadOnlySpan<byte> Purpose => "keyrecovery/server/v1/kek-standings"u8;

    /// <summary>What a KEK's secret is wrapped for: no other name.</summary>
    public static byte[] PurposeOf(VaultKek kek) => Encoding.ASCII.GetBytes($"keyrecovery/server/v1/kek\0{kek.Name}");

    public static byte[] Write(IReadOnlyList<VaultKek> keks, IRootKey root)
    {
        var bytes = new byte[1 + keks.Count * EntrySize];
        bytes[0] = Format;
        for (var i = 0; i < keks.Count; i++)
        {
            var entry = bytes.AsSpan(1 + i * EntrySize);
            BinaryPrimitives.WriteUInt32BigEndian(entry, keks[i].Id.Value);
            entry[4] = (byte)keks[i].State;
            BinaryPrimitives.WriteInt64BigEndian(entry[5..], keks[i].SinceHour);
            keks[i].Nonce.TryWriteBytes(entry[13..], bigEndian: true, out _);
        }

        return root.Wrap(Purpose, bytes);
    }

    /// <exception cref="KekRingException">It does not open under the root key, or is no ring.</exception>
    public static List<VaultKek> Read(ReadOnlySpan<byte> row, IRootKey root)
    {
        if (!root.TryUnwrap(Purpose, row, out var opened))
            throw new KekRingException(
                "the standings of the KEK ring do not open under this root key: it is another one, or the row is "
                + "damaged");
        using (opened)
        {
            var bytes = opened.Span;
            if (bytes.Length < 1 || bytes[0] != Format || (bytes.Length - 1) % EntrySize != 0) throw Damaged();
            var keks = new List<VaultKek>();
            for (var at = 1; at < bytes.Length; at += EntrySize)
            {
                var entry = bytes[at..];
                keks.Add(new VaultKek(
                    new KekId(BinaryPrimitives.ReadUInt32BigEndian(entry)), (KekState)entry[4],
                    BinaryPrimitives.ReadInt64BigEndian(entry[5..]),
                    new Guid(entry[13..EntrySize], bigEndian: true), null));
            }

            if (keks.Count(kek => kek.State == KekState.Current) != 1
                || keks.Count(kek => kek.State == KekState.Next) > 1
                || keks.Exists(kek => !Enum.IsDefined(kek.State))
                || keks.Zip(keks.Skip(1)).Any(pair => pair.First.Id.Value >= pair.Second.Id.Value)) throw Damaged();
            return keks;
        }
    }

    private static KekRingException Damaged() => new("the standings of the KEK ring are damaged");
}
