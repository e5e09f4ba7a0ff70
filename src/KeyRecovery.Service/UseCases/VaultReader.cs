using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Telemetry;

namespace KeyRecovery.Service.UseCases;

/// <summary>Reads vaults, items and their versions.</summary>
public sealed class VaultReader
{
    private readonly ServiceContext _context;
    private readonly IDataStore _data;

    internal VaultReader(ServiceContext context) =>
        (_context, _data) = (context, context.Data);

    /// <summary>The vault as one structure (docs/protocol.md §7).</summary>
    /// <param name="account">Whose.</param>
    /// <param name="linksAfter">Leave out the links up to this one; null for all.</param>
    /// <param name="manifestAfter">Tell the hashes of the manifests from this version on; null for none.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>The encoded vault, or null when another commit came in between: read the account anew.</returns>
    public async ValueTask<byte[]?> ReadAsync(
        OpenAccount account, ulong? linksAfter, ulong? manifestAfter, CancellationToken ct)
    {
        if (account.Actor.IsSlot) ServiceMeter.Recovery();
        var (rows, state) = (account.Rows, account.State);
        var first = linksAfter is { } after ? after + 1 : 0;
        var links = await new ChainLinkReader(_data, rows, state).FindFromAsync(first, ct);
        var keysets = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>(state.Keysets.Length);
        foreach (var hash in state.Keysets)
        {
            if (await _data.FindAsync(rows, rows.Keyset(hash), ct) is not { } keyset) return null;
            keysets.Add(keyset);
        }

        var manifest = await _data.FindAsync(rows, rows.Manifest(state.ManifestHash), ct);
        var hashes = manifestAfter is { } version
            ? await new TrailReader(_data, rows, state).FindFromAsync(version, Limits.TrailPage, ct) : [];
        if (links is null || manifest is null || hashes is null) return null;
        return new VaultBundle(
            state.Account, first, [.. links], keysets.MoveToImmutable(), ManifestRow.SignedOf(manifest),
            state.SignedHead, [.. hashes], state.Heads.TrustedFrom)
        {
            Gaps = manifestAfter is { } from ? [.. state.Gaps.Where(gap => gap.To >= from)] : [],
            Restored = state.Claims,
            ActiveAtMinChain = account.ActiveAtMinChain,
        }.Encode();
    }

    /// <summary>A sealed item by its hash, or null.</summary>
    public async ValueTask<byte[]?> FindItemAsync(OpenAccount account, Hash256 hash, CancellationToken ct) =>
        await _data.FindAsync(account.Rows, account.Rows.Item(hash), ct);

    /// <summary>The items as they are now, in the manifest's order, with who wrote each.</summary>
    /// <returns>Null when another commit came in between: read the account anew.</returns>
    public async ValueTask<IReadOnlyList<WrittenItem>?> ReadWrittenAsync(OpenAccount account, CancellationToken ct)
    {
        var (rows, state) = (account.Rows, account.State);
        if (await _data.FindAsync(rows, rows.Manifest(state.ManifestHash), ct) is not { } row) return null;
        var (manifest, origins) = ManifestRow.Decode(row);
        return [.. manifest.Manifest.Items.Zip(origins, (item, origin) => new WrittenItem(item, origin.Writer))];
    }

    /// <summary>
    /// The first of the sealed items that are asked for, in that order: as many as have 4 MiB together. One that is not
    /// there is empty.
    /// </summary>
    public async ValueTask<ItemBatch> ReadItemsAsync(
        OpenAccount account, ImmutableArray<Hash256> hashes, CancellationToken ct)
    {
        var items = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>(hashes.Length);
        long bytes = 0;
        foreach (var hash in hashes)
        {
            var item = await FindItemAsync(account, hash, ct) ?? [];
            bytes += item.Length;
            if (bytes > Limits.ItemBatchBytes) break;
            items.Add(item);
        }

        return new ItemBatch(items.ToImmutable());
    }

    /// <summary>The older versions of an item that are kept, the newest first; empty where there is none.</summary>
    /// <exception cref="StoreUnavailableException">The account changes meanwhile: to be asked for again.</exception>
    public async ValueTask<ImmutableArray<ItemVersion>> ReadVersionsAsync(
        OpenAccount account, ItemId item, CancellationToken ct)
    {
        var stored = await _data.ReadAsync(account.Rows.History(item), ct);
        var trail = new TrailReader(_data, account.Rows, account.State);
        var now = _context.Now;
        var points = PointNames.Of(account.State, now);
        if (await HistoryPlan.ReadAsync(trail, account.Rows, stored, points, now, ct) is not { } view)
            throw new StoreUnavailableException(StoreFault.Busy, "the account changes while its versions are read");
        // What is still to be confirmed stands behind what is kept.
        return [.. view.Kept.Where(e => e.Manifest.Version <= account.State.ManifestVersion)
            .Select(e => new ItemVersion(e.Item, e.ReplacedAt, e.Origin.Writer))];
    }
}
