using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// Tells which manifests an account has had: from its row, where the newest stand, else by at most two point reads.
/// </summary>
internal sealed class TrailReader(IDataStore data, AccountRows rows, AccountState state)
{
    private Chunk? _newest;
    private Chunk? _last;

    /// <summary>Whether what a history entry says has happened; null where its commit may still come.</summary>
    public async ValueTask<bool?> IsConfirmedAsync(HistoryEntry entry, CancellationToken ct)
    {
        var (version, hash) = entry.Manifest;
        if (version > state.ManifestVersion) return null;
        if (version >= state.Trail.First) return state.Trail.Has(version, hash);
        return await FindChunkAsync(version, ct) is { } chunk && chunk.Entries.Any(e => Trail.Is(e.Span, version, hash));
    }

    private async ValueTask<Chunk?> FindChunkAsync(ulong version, CancellationToken ct)
    {
        if (state.Trail.Chunk is not { } name) return null;
        _newest ??= await data.FindAsync(rows, Table.Trails, name, ct);
        if (_newest is null) return null;
        // Entries of one item are mostly near one another.
        if (_last is not null && _last.First <= version && version <= Trail.Version(_last.Entries[^1].Span)) return _last;
        return _last = await data.FindHoldingAsync(rows, Table.Trails, _newest, version, ct);
    }
}
