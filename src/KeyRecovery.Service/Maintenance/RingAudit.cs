using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Maintenance;

/// <summary>Counts what hangs on each KEK of the ring.</summary>
public sealed class RingAudit
{
    private readonly IKeyStore _keys;
    private readonly IKekRing _ring;

    internal RingAudit(IKeyStore keys, IKekRing ring) => (_keys, _ring) = (keys, ring);

    /// <summary>Reads every row that is wrapped; unwraps none.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async Task<RingReport> RunAsync(CancellationToken ct)
    {
        var (rows, unreadable) = (new Dictionary<KekId, int>(), 0);
        foreach (var table in WrappedRow.Tables)
        {
            await foreach (var row in _keys.ScanAsync(table, ReadOnlyMemory<byte>.Empty, ct))
            {
                try
                {
                    if (WrappedRow.Of(row) is { } wrapped) rows[wrapped.Kek] = rows.GetValueOrDefault(wrapped.Kek) + 1;
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
}
