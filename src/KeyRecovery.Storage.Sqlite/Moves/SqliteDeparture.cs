using KeyRecovery.Service.Moves;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite.Connections;
using KeyRecovery.Storage.Sqlite.Options;

namespace KeyRecovery.Storage.Sqlite.Moves;

/// <summary>
/// Two files that a move leaves. Each has the mark, so that neither is served beside another one that has not; the key
/// store's comes first and goes last, and is what counts.
/// </summary>
internal sealed class SqliteDeparture : IDeparture
{
    private readonly ReadOnlySet _set;
    private readonly StoreFile _data;
    private readonly StoreFile _keys;

    /// <summary>Takes over a pair that is open.</summary>
    public SqliteDeparture(IStoreSet pair, SqliteStoreOptions data, SqliteStoreOptions keys)
    {
        (_set, _data, _keys) = (new ReadOnlySet(pair), new StoreFile(data), new StoreFile(keys));
        Mark = Read(_keys) ?? Read(_data);
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> PairId => _set.PairId;

    /// <inheritdoc/>
    public MoveMark? Mark { get; private set; }

    /// <inheritdoc/>
    public IRowStore Of(StoreKind kind) => kind == StoreKind.Data ? _set.Data : _set.Keys;

    /// <inheritdoc/>
    public Task MarkAsync(MoveMark? mark) => Task.Run(() =>
    {
        foreach (var file in mark is null ? new[] { _data, _keys } : [_keys, _data]) Write(file, mark);
        Mark = mark;
    });

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _set.DisposeAsync();

    private static MoveMark? Read(StoreFile file) => With(file, Schema.MoveOf);

    private static void Write(StoreFile file, MoveMark? mark) => With(file, connection =>
    {
        file.Schema.SetMove(connection, mark);
        return true;
    });

    private static T With<T>(StoreFile file, Func<Connection, T> act)
    {
        try
        {
            using var connection = file.OpenWriter();
            return act(connection);
        }
        catch (SqliteFaultException e)
        {
            throw new StoreUnavailableException(e.Reason, $"{file.Options.Path} cannot be marked as moved", e);
        }
    }
}
