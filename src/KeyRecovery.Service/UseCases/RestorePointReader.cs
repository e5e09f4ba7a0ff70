using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// Tells the states that an account can go back to (docs/protocol.md §7). What young points name is looked for in the
/// histories of all items: the only requests that scan, of an account that somebody is to mend.
/// </summary>
public sealed class RestorePointReader
{
    private readonly ServiceContext _context;
    private readonly IDataStore _data;

    internal RestorePointReader(ServiceContext context) => (_context, _data) = (context, context.Data);

    /// <summary>The points that are kept, the newest first; a state that is one for several reasons several times.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The account changes meanwhile: to be asked for again.</exception>
    public async ValueTask<ImmutableArray<RestorePointInfo>> ListAsync(OpenAccount account, CancellationToken ct)
    {
        var points = Points(account.State);
        var versions = await ReadVersionsAsync(account, points, ct);
        return [.. points.OrderByDescending(p => p.Manifest.Version).ThenByDescending(p => p.At)
            .Select(p => new RestorePointInfo(p, Named(p, versions).Length))];
    }

    /// <summary>One of them, with the asker's own seal; null where there is none of that manifest.</summary>
    /// <returns>The encoded restore point.</returns>
    /// <exception cref="StoreUnavailableException">The account changes meanwhile: to be asked for again.</exception>
    public async ValueTask<byte[]?> FindAsync(OpenAccount account, Hash256 manifest, CancellationToken ct)
    {
        var points = Points(account.State).Where(p => p.Manifest.Hash == manifest).ToImmutableArray();
        if (points.IsEmpty) return null;
        var versions = await ReadVersionsAsync(account, points, ct);
        var row = await _data.FindAsync(account.Rows, account.Rows.Manifest(manifest), ct) ?? throw Busy();
        var seal = await FindSealAsync(account, points[0].Epoch, ct);
        return new RestorePoint(ManifestRow.Decode(row).Manifest, seal)
        {
            Head = points.FirstOrDefault(p => p.IsReplaced) is { } replaced ? SignedHead.Decode(replaced.Head) : null,
            Named = [.. points.SelectMany(p => Named(p, versions)).Distinct().Order(ByName)],
        }.Encode();
    }

    private ImmutableArray<RestorePointEntry> Points(AccountState state) =>
        [.. state.Points.Where(p => !p.HasEnded(_context.Now))];

    private static Comparer<ManifestItem> ByName { get; } = Comparer<ManifestItem>.Create(RestorePoint.Compare);

    private static ManifestItem[] Named(RestorePointEntry point, List<HistoryEntry> versions) =>
        [.. versions.Where(e => PointNames.Tells(point, e)).Select(e => e.Item).Distinct()];

    private async ValueTask<List<HistoryEntry>> ReadVersionsAsync(
        OpenAccount account, ImmutableArray<RestorePointEntry> points, CancellationToken ct)
    {
        var versions = new List<HistoryEntry>();
        if (points.All(p => p.Authority is null)) return versions;
        var (rows, state, now) = (account.Rows, account.State, _context.Now);
        var (trail, names) = (new TrailReader(_data, rows, state), PointNames.Of(state, now));
        await foreach (var row in _data.ScanOwnerAsync(Table.History, rows.Locator, ct))
        {
            if (await HistoryPlan.ReadAsync(trail, rows, row, names, now, ct) is not { } view) throw Busy();
            versions.AddRange(view.Kept.Where(e => e.Manifest.Version <= state.ManifestVersion && names.Tell(e)));
        }

        return versions;
    }

    private async ValueTask<ReadOnlyMemory<byte>> FindSealAsync(OpenAccount account, ulong epoch, CancellationToken ct)
    {
        var (rows, own) = (account.Rows, account.Actor.Id);
        if (epoch != account.State.Path.Newest) return await _data.FindAsync(rows, rows.Seal(epoch, own), ct);
        foreach (var hash in account.State.Keysets)
        {
            var keyset = await _data.FindAsync(rows, rows.Keyset(hash), ct) ?? throw Busy();
            if (Keyset.Decode(keyset).Entries.FirstOrDefault(e => e.Id == own) is { } entry) return entry.Seal;
        }

        return ReadOnlyMemory<byte>.Empty;
    }

    private static StoreUnavailableException Busy() =>
        new(StoreFault.Busy, "the account changes while its restore points are read");
}
