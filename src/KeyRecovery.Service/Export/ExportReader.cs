using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Export;

/// <summary>
/// What the data store holds on an account: at most a chunk, a manifest or a history in memory at a time. It lists the
/// account's own rows, so that what nothing names any more is told as well.
/// </summary>
internal sealed class ExportReader(ServiceContext context, AccountRows rows, AccountState state)
{
    private readonly IDataStore _data = context.Data;
    private readonly LogIndex _index = new(context.Data);

    public static ExportPart Account(AccountState state, KeyRow key) => new ExportPart.Account(
        state.Account.ToString(), state.User.App, state.User.Issuer, state.User.Subject,
        Word(key.State), key.Since, state.Chain.Sequence, state.Chain.Hash.ToString(), state.ManifestVersion,
        state.ManifestHash.ToString(), state.Path.Newest, Text(state.SignedHead), state.LiveBytes, state.KeptBytes,
        state.StagedBytes, state.ChainBytes, new ExportPart.DayCount(
            state.Counts.Day, state.Counts.Links, state.Counts.Additions, state.Counts.SlotLinks,
            state.Counts.Commits, state.Counts.YoungLinks, state.Counts.YoungCommits),
        state.Opened?.Time, key.Loss?.Time, key.MayBeHeld, key.IsSuspended, key.IsLegallyHeld,
        [.. state.Claims.Select(Text)], [.. key.Claims.Select(Text)], key.MinChain?.Place.Sequence, key.Kek.Value,
        key.UsedOn == 0 ? null : key.UsedOn, key.WarnedOn == 0 ? null : key.WarnedOn,
        key.ErasableOn == 0 ? null : key.ErasableOn);

    /// <summary>All sections of the data store, behind the account's own.</summary>
    public async IAsyncEnumerable<ExportPart> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var a in state.Authorities.Values)
            yield return new ExportPart.Authority(
                a.Id.ToString(), Word(a.Kind), a.SigningKey.ToString(), a.KemKeyHash.ToString(), a.AddedAt,
                a.TrustedFrom, a.ByYoung, a.LastEpochBegun, a.MaxFormat);
        foreach (var (id, key) in state.Removed)
            yield return new ExportPart.Authority(
                id.ToString(), "removed", key.ToString(), null, null, null, null, null, null);
        ulong number = 0;
        await foreach (var link in new ChainLinkReader(_data, rows, state).ReadAllAsync(ct))
            yield return new ExportPart.Link(number++, link.TakenHour * 3600, Text(link.Link));
        await foreach (var part in KeysetsAsync(ct)) yield return part;
        await foreach (var part in SealsAsync(ct)) yield return part;
        await foreach (var part in ManifestsAsync(ct)) yield return part;
        await foreach (var part in TrailAsync(ct)) yield return part;
        await foreach (var part in ItemsAsync(ct)) yield return part;
        foreach (var point in state.Points)
            yield return new ExportPart.RestorePoint(
                point.Manifest.Version, point.Manifest.Hash.ToString(), point.ChainSequence, point.Epoch, point.At,
                point.Authority?.ToString(), point.Until, point.IsReplaced);
        await foreach (var part in ActivityAsync(ct)) yield return part;
    }

    /// <summary>How many rows each table of the data store has of the account.</summary>
    public async IAsyncEnumerable<(Table Table, int Rows)> CountAsync([EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var table in context.Tables.All.Where(table => table.Rows == RowsOf.Account))
        {
            var count = 0;
            await foreach (var _ in _data.ListOwnerAsync(table, rows.Locator, ct)) count++;
            yield return (table, count);
        }
    }

    private async IAsyncEnumerable<ExportPart> KeysetsAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var row in _data.ScanOwnerAsync(Table.Keysets, rows.Locator, ct))
        {
            var keyset = Keyset.Decode(rows.Open(row));
            yield return new ExportPart.Keyset(
                keyset.Hash.ToString(), keyset.Epoch, [.. keyset.Entries.Select(entry => entry.Id.ToString())]);
        }
    }

    private async IAsyncEnumerable<ExportPart> SealsAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var row in _data.ListOwnerAsync(Table.Seals, rows.Locator, ct))
            yield return new ExportPart.Seal(
                BinaryPrimitives.ReadUInt64BigEndian(row.Key.Id.Span[AccountRows.LocatorSize..]),
                AccountRows.AuthorityOf(row.Key).ToString());
    }

    private async IAsyncEnumerable<ExportPart> ManifestsAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var row in _data.ScanOwnerAsync(Table.Manifests, rows.Locator, ct))
        {
            var manifest = ManifestRow.Decode(rows.Open(row)).Manifest;
            yield return new ExportPart.Manifest(
                manifest.Manifest.Version, manifest.Hash.ToString(), manifest.Hash == state.ManifestHash,
                Text(manifest.Bytes));
        }
    }

    private async IAsyncEnumerable<ExportPart> TrailAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var entry in ChunksAsync(Table.Trails, state.Trail.Chunk, ct))
            yield return Past(entry.Entry);
        foreach (var (_, entry) in state.Trail.Entries()) yield return Past(entry);

        static ExportPart.Past Past(ReadOnlyMemory<byte> entry) =>
            new(Trail.Version(entry.Span), Trail.Place(entry.Span).Hash.ToString());
    }

    private async IAsyncEnumerable<ExportPart> ItemsAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var unnamed = new HashSet<Hash256>();
        await foreach (var row in _data.ListOwnerAsync(Table.Items, rows.Locator, ct)) unnamed.Add(NameOf(row.Key));
        var current = ManifestRow.Decode(
            await _data.FindAsync(rows, rows.Manifest(state.ManifestHash), ct) ?? throw Busy());
        foreach (var (item, origin) in current.Manifest.Manifest.Items.Zip(current.Origins))
        {
            unnamed.Remove(item.Hash);
            yield return Item("current", item, origin);
        }

        await foreach (var row in _data.ScanOwnerAsync(Table.History, rows.Locator, ct))
        {
            foreach (var entry in ItemHistory.Decode(rows.Open(row)))
            {
                unnamed.Remove(entry.Item.Hash);
                yield return Item("older", entry.Item, entry.Origin) with
                {
                    ReplacedAt = entry.ReplacedAt, ReplacedBy = entry.By.Id?.ToString(),
                };
            }
        }

        foreach (var (hash, size, at) in state.Staged)
        {
            unnamed.Remove(hash);
            yield return Bare("staged", hash) with { Size = size, StagedAt = at };
        }

        foreach (var hash in unnamed) yield return Bare("unnamed", hash);
    }

    private async IAsyncEnumerable<ExportPart> ActivityAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var (number, entry) in ChunksAsync(Table.Activity, state.Activity.Chunk, ct))
            yield return await TellAsync(number, entry, ct);
        foreach (var (number, entry) in state.Activity.Numbered()) yield return await TellAsync(number, entry, ct);
    }

    private async ValueTask<ExportPart> TellAsync(ulong number, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        var entry = ActivityEntry.Decode(bytes);
        var (detail, salt) = (AuditDetail.Decode(entry.Detail), rows.LeafSalt(entry.Decider, entry.Version));
        return new ExportPart.Activity(
            number, detail.Time, Word(detail.Event), Word(detail.Role), detail.Actor?.ToString(), detail.Network,
            Text(entry.Detail), salt.ToString(),
            await _index.FindAsync(MerkleTree.LeafHash(AuditLeaf.Of(detail, salt).Encode()), ct));
    }

    // The entries of a list that stand in chunks, the oldest first.
    private async IAsyncEnumerable<(ulong Number, ReadOnlyMemory<byte> Entry)> ChunksAsync(
        Table table, Hash256? newest, [EnumeratorCancellation] CancellationToken ct)
    {
        if (newest is not { } name) yield break;
        var last = await _data.FindAsync(rows, table, name, ct) ?? throw Busy();
        foreach (var place in last.Before)
        {
            var chunk = await _data.FindAsync(rows, table, place.Name, ct) ?? throw Busy();
            for (var i = 0; i < chunk.Entries.Length; i++) yield return (chunk.First + (ulong)i, chunk.Entries[i]);
        }

        for (var i = 0; i < last.Entries.Length; i++) yield return (last.First + (ulong)i, last.Entries[i]);
    }

    private static ExportPart.Item Item(string kind, ManifestItem item, ItemOrigin origin) => Bare(kind, item.Hash) with
    {
        Id = item.Id.ToString(),
        Version = item.Version,
        Epoch = item.Epoch,
        Size = item.Size,
        Writer = origin.Writer.Id?.ToString(),
        WriterWasYoung = origin.Writer.IsYoung,
        SinceManifest = origin.Since,
    };

    private static ExportPart.Item Bare(string kind, Hash256 hash) =>
        new(kind, null, hash.ToString(), null, null, null, null, null, null, null, null, null);

    private static Hash256 NameOf(RowKey row) => new(row.Id.Span[AccountRows.LocatorSize..]);

    internal static string Text(ReadOnlyMemory<byte> bytes) => Base64UrlText.Encode(bytes.Span);

    /// <summary>A word of the document: camel case, as its member names.</summary>
    internal static string Word<T>(T value) where T : struct, Enum
    {
        var name = value.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }

    private static StoreUnavailableException Busy() =>
        new(StoreFault.Busy, "the account changes while it is exported");
}
