using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;

namespace KeyRecovery.Service.Rotation;

/// <summary>
/// One pass over all rows that hang on the ring: moves those of retiring KEKs to the current one, and counts. Each
/// write is conditional on the row as it was read, so that no request's change is lost; where a request was faster, the
/// row is left for the next pass.
/// </summary>
internal sealed class RewrapPass(IKeyStore keys, TableRegistry tables, IKekRing ring, IRandom random, Action<int> moved)
{
    /// <summary>Rows that are looked at, and re-wrapped off the writer's thread, at a time.</summary>
    public const int BatchRows = 2_000;

    /// <summary>
    /// Rows in one write: other writes wait no longer than for this many. Rows that follow one another by id lie on as
    /// many pages, so the hold grows with the rows and the rate does not (docs/performance.md).
    /// </summary>
    public const int SliceRows = 32;

    /// <summary>Bytes in one write: rows of realms hold events and guesses, and may be some KiB long.</summary>
    public const int SliceBytes = 64 * 1024;

    private readonly List<WrappedRow> _batch = [];

    /// <summary>Rows that hung on a retiring KEK when they were read.</summary>
    public int Found { get; private set; }

    /// <summary>Rows that do not decode, do not unwrap, or name a KEK that never was.</summary>
    public int Unreadable { get; private set; }

    /// <summary>Rows whose KEK was destroyed before.</summary>
    public int Lost { get; private set; }

    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async Task RunAsync(CancellationToken ct)
    {
        var scanned = 0L;
        foreach (var table in tables.Wrapped)
        {
            await foreach (var row in keys.ScanAsync(table, ct))
            {
                if (await IsLeftAsync(row, ct) is { } wrapped) _batch.Add(wrapped);
                // After so many rows and not so many found: a row that guesses change must not grow old before it is
                // written.
                if (++scanned % BatchRows == 0) await FlushAsync(ct);
            }
        }

        await FlushAsync(ct);
    }

    private async ValueTask<WrappedRow?> IsLeftAsync(Row row, CancellationToken ct)
    {
        if (Read(row) is not { } wrapped) return null;
        await ring.LearnAsync(wrapped.Kek, ct);
        if (ring.TryGet(wrapped.Kek, out var kek))
        {
            if (kek.State != KekState.Retiring) return null;
            Found++;
            return wrapped;
        }

        if (ring.StateOf(wrapped.Kek) == KekState.Destroyed) Lost++;
        else Unreadable++;
        return null;
    }

    private WrappedRow? Read(Row row)
    {
        try
        {
            return tables.WrapOf(row);
        }
        catch (WireFormatException)
        {
            Unreadable++;
            return null;
        }
    }

    private async ValueTask FlushAsync(CancellationToken ct)
    {
        using var lease = ring.Wrap();
        var (slice, bytes) = (new List<RowWrite>(), 0);
        foreach (var row in _batch)
        {
            if (Rewrap(row, lease.Kek) is not { } write) continue;
            slice.Add(write);
            bytes += write.Value.Length;
            if (slice.Count < SliceRows && bytes < SliceBytes) continue;
            await WriteAsync(slice, ct);
            (slice, bytes) = (new List<RowWrite>(), 0);
        }

        _batch.Clear();
        await WriteAsync(slice, ct);
    }

    private RowWrite.Replace? Rewrap(WrappedRow row, Kek to)
    {
        if (KekBox.TryRewrap(ring, row.Kek, to, row.Row.Key, row.Wrapped.Span, random) is { } wrapped)
            return new RowWrite.Replace(row.Row, row.With(to.Id, wrapped));
        Unreadable++;
        return null;
    }

    private async ValueTask WriteAsync(List<RowWrite> slice, CancellationToken ct)
    {
        while (slice.Count > 0)
        {
            switch (await keys.WriteAsync(slice, ct))
            {
                case WriteResult.Written:
                    moved(slice.Count);
                    return;
                case WriteResult.Refused(var index):
                    // Those before it are moved; a request was faster with this one.
                    moved(index);
                    slice.RemoveRange(0, index + 1);
                    break;
                case WriteResult.Unavailable(_, var reason):
                    throw new StoreUnavailableException(reason, "rows cannot be re-wrapped");
            }
        }
    }
}
