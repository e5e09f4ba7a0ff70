using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;

namespace KeyRecovery.Service.Rotation;

/// <summary>Counts what hangs on each KEK of the ring.</summary>
public sealed class RingAudit
{
    private readonly IKeyStore _keys;
    private readonly TableRegistry _tables;
    private readonly IKekRing _ring;

    internal RingAudit(IKeyStore keys, TableRegistry tables, IKekRing ring) =>
        (_keys, _tables, _ring) = (keys, tables, ring);

    /// <summary>Reads every row that is wrapped; unwraps none.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async Task<RingReport> RunAsync(CancellationToken ct)
    {
        await _ring.RefreshAsync(ct);
        var (rows, unreadable) = (new Dictionary<KekId, int>(), 0);
        foreach (var table in _tables.Wrapped)
        {
            await foreach (var row in _keys.ScanAsync(table, ct))
            {
                try
                {
                    if (_tables.WrapOf(row) is { } wrapped) rows[wrapped.Kek] = rows.GetValueOrDefault(wrapped.Kek) + 1;
                }
                catch (WireFormatException)
                {
                    unreadable++;
                }
            }
        }

        var known = _ring.Standings;
        return new RingReport(
            [.. known.Select(kek => new KekUse(kek, rows.GetValueOrDefault(kek.Id)))],
            unreadable + rows.Where(row => known.All(kek => kek.Id != row.Key)).Sum(row => row.Value));
    }

    /// <summary>
    /// Rows that hang on a KEK which is newer than all that the ring knows: it was put back from an older day. Nothing
    /// may be wrapped under such a ring, for the right one has destroyed the KEK or has given its id to another.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async Task<int> CountNewerAsync(CancellationToken ct)
    {
        await _ring.RefreshAsync(ct);
        var (newest, found) = (_ring.Standings.Max(kek => kek.Id.Value), 0);
        foreach (var table in _tables.Wrapped)
            await foreach (var row in _keys.ScanAsync(table, ct))
                if (KekOf(row) > newest) found++;
        return found;
    }

    // 0 for what does not decode: the passes and the report count it.
    private uint KekOf(Row row)
    {
        try
        {
            return _tables.WrapOf(row)?.Kek.Value ?? 0;
        }
        catch (WireFormatException)
        {
            return 0;
        }
    }
}
