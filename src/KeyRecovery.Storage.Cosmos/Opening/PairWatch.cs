using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Cosmos.Connections;
using KeyRecovery.Storage.Cosmos.Options;

namespace KeyRecovery.Storage.Cosmos.Opening;

/// <summary>
/// Looks again at what both stores say of themselves, for as long as a process has them open: a step of the schema may
/// have sent it away, a restore may have begun. Nothing is written by a process that has not looked for
/// <see cref="StaleAfter"/>: it looks first. So whoever has sent others away, and has waited for longer, knows that
/// none of them writes any more; a process that stood still meanwhile finds out before its next write.
/// </summary>
internal sealed class PairWatch : IDisposable
{
    /// <summary>How often it looks: every 60 s.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(60);

    /// <summary>After how long without a look nothing is written: 5 minutes.</summary>
    public static readonly TimeSpan StaleAfter = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    private readonly StoreAccount _data;
    private readonly StoreAccount _keys;
    private readonly TableRegistry _tables;
    private readonly ReadOnlyMemory<byte> _pair;
    private readonly bool _isRestoring;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource<string> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ITimer _timer;
    private volatile Seen _seen;

    /// <param name="data">The data store's account.</param>
    /// <param name="keys">The key store's account.</param>
    /// <param name="tables">Those of this program.</param>
    /// <param name="found">What they said when they were opened.</param>
    /// <param name="at">The steady clock's reading before they were asked.</param>
    /// <param name="isRestoring">Whether this process is the one that restores.</param>
    public PairWatch(
        StoreAccount data, StoreAccount keys, TableRegistry tables, (PairDocument Data, PairDocument Keys) found,
        long at, bool isRestoring)
    {
        (_data, _keys, _tables, _isRestoring) = (data, keys, tables, isRestoring);
        (_pair, _time) = (found.Keys.Pair, keys.Options.Watch);
        _seen = new Seen(found.Data.Schema, found.Keys.Schema, at);
        _timer = _time.CreateTimer(_ => _ = LookAsync(), null, LookEvery, LookEvery);
    }

    /// <summary>Completes with the reason when this process must let the stores go.</summary>
    public Task<string> Closed => _closed.Task;

    /// <summary>The longest that a process which was sent away may still write: what was begun is finished.</summary>
    public static TimeSpan AllGone(CosmosAccountOptions account) => StaleAfter + account.Requests.Budget + Margin;

    /// <summary>How far the steps of a store's schema have come.</summary>
    public StoreSchema SchemaOf(StoreKind store) => store == StoreKind.Data ? _seen.Data : _seen.Keys;

    /// <summary>Whether anything may be written now. Looks first, where the last look is too old.</summary>
    public async ValueTask<bool> MayWriteAsync()
    {
        if (IsFresh) return !Closed.IsCompleted;
        await LookAsync().ConfigureAwait(false);
        return IsFresh && !Closed.IsCompleted;
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private bool IsFresh => _time.GetElapsedTime(_seen.At) <= StaleAfter;

    private async Task LookAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            var at = _time.GetTimestamp();
            var keys = await ReadAsync(_keys).ConfigureAwait(false);
            if (keys.Restore is { } restore && !_isRestoring) throw Throw.Restoring(_keys.Options, restore);
            var data = await ReadAsync(_data).ConfigureAwait(false);
            _seen = new Seen(data.Schema, keys.Schema, at);
        }
        catch (StoreOpenException e)
        {
            _closed.TrySetResult(e.Message);
        }
        catch (Exception e) when (e is StoreUnavailableException or ObjectDisposedException)
        {
            // It is asked again, and nothing is written meanwhile for longer than that is safe.
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<PairDocument> ReadAsync(StoreAccount account)
    {
        var found = await PairDocument.ReadAsync(account).ConfigureAwait(false);
        if (found is null || !found.Pair.Span.SequenceEqual(_pair.Span))
            throw Throw.NotOurs(account.Options, account.Role);
        var known = _tables.SchemaOf(account.Store);
        return found.Schema.Least > known ? throw Throw.Newer(account.Options, found.Schema.Least, known) : found;
    }

    private sealed record Seen(StoreSchema Data, StoreSchema Keys, long At);
}
