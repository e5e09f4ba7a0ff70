using System.Buffers.Binary;
using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Accounts;

/// <summary>
/// A manifest as its row keeps it: with the origin of each of its items, which the next commit needs to tell what a
/// young authority replaced. It stands here, and not in the account row, because it grows with the items.
/// </summary>
/// <param name="Manifest">The signed manifest.</param>
/// <param name="Origins">One for each of its items, in their order.</param>
internal sealed record ManifestRow(SignedManifest Manifest, ImmutableArray<ItemOrigin> Origins)
{
    private const string RowLabel = "manifest-row";
    private const int Fields = 5;
    private const int OriginSize = sizeof(ushort) + sizeof(ulong);

    /// <summary>Where an item's current version comes from.</summary>
    /// <param name="item">An item of the manifest.</param>
    public ItemOrigin OriginOf(ManifestItem item) =>
        Origins[Manifest.Manifest.Items.BinarySearch(item, ById)];

    /// <summary>The origins of the next manifest's items: those that are as before have the origin of before.</summary>
    /// <param name="before">The manifest before; null where there is none.</param>
    /// <param name="after">The next manifest.</param>
    /// <param name="news">Where an entry that differs comes from.</param>
    public static ImmutableArray<ItemOrigin> Next(
        ManifestRow? before, Manifest after, Func<ManifestItem, ItemOrigin> news)
    {
        var origins = ImmutableArray.CreateBuilder<ItemOrigin>(after.Items.Length);
        var (old, at) = (before?.Manifest.Manifest.Items ?? [], 0);
        foreach (var item in after.Items)
        {
            while (at < old.Length && old[at].Id.CompareTo(item.Id) < 0) at++;
            origins.Add(at < old.Length && old[at] == item ? before!.Origins[at] : news(item));
        }

        return origins.MoveToImmutable();
    }

    public byte[] Encode()
    {
        var writers = new List<ItemWriter>();
        var packed = new byte[Origins.Length * OriginSize];
        for (var i = 0; i < Origins.Length; i++)
        {
            var (writer, since) = Origins[i];
            var index = writers.IndexOf(writer);
            if (index < 0) writers.Add(writer);
            var place = packed.AsSpan(i * OriginSize, OriginSize);
            BinaryPrimitives.WriteUInt16BigEndian(place, (ushort)(index < 0 ? writers.Count - 1 : index));
            BinaryPrimitives.WriteUInt64BigEndian(place[sizeof(ushort)..], since);
        }

        var row = new CborOut().Array(Fields).Text(RowLabel).UInt(1).Bytes(Manifest.Bytes.Span).Array(writers.Count);
        foreach (var (id, isYoung) in writers)
            row.Array(2).Bytes(id is { } known ? known.ToArray() : []).UInt(isYoung ? 1u : 0);
        return row.Bytes(packed).ToArray();
    }

    public static ManifestRow Decode(ReadOnlyMemory<byte> row)
    {
        var reader = Begin(row);
        var manifest = SignedManifest.Decode(reader.BytesView(1, Limits.CommitBytes));
        var count = reader.Array(0, Limits.Items);
        var writers = new List<ItemWriter>(count);
        for (var left = count; left > 0; left--)
        {
            reader.Array(2);
            writers.Add(new ItemWriter(ReadId(reader), reader.UInt(1) == 1));
        }

        var packed = reader.BytesView(0, Limits.Items * OriginSize).Span;
        reader.End();
        var origins = ImmutableArray.CreateBuilder<ItemOrigin>(packed.Length / OriginSize);
        for (; !packed.IsEmpty; packed = packed[OriginSize..])
        {
            origins.Add(new ItemOrigin(
                writers[BinaryPrimitives.ReadUInt16BigEndian(packed)],
                BinaryPrimitives.ReadUInt64BigEndian(packed[sizeof(ushort)..])));
        }

        WireFormatException.Require(origins.Count == manifest.Manifest.Items.Length, "each item has an origin");
        return new ManifestRow(manifest, origins.ToImmutable());
    }

    /// <summary>The signed manifest alone, a slice of the row.</summary>
    public static ReadOnlyMemory<byte> SignedOf(ReadOnlyMemory<byte> row) =>
        Begin(row).BytesView(1, Limits.CommitBytes);

    internal static AuthorityId? ReadId(CborIn reader)
    {
        var id = reader.BytesView(0, 16);
        return id.IsEmpty ? null : new AuthorityId(id.Span);
    }

    private static CborIn Begin(ReadOnlyMemory<byte> row)
    {
        var reader = new CborIn(row);
        reader.OwnStructure(RowLabel, Fields);
        return reader;
    }

    private static Comparer<ManifestItem> ById { get; } =
        Comparer<ManifestItem>.Create(static (a, b) => a.Id.CompareTo(b.Id));
}
