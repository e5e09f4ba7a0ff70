using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Restraints;

/// <summary>Restraints in the key store, sealed as lookups are, under the id of the account's key row.</summary>
internal sealed class RestraintRows : IDisposable
{
    private readonly IKeyStore _keys;
    private readonly IRandom _random;
    private readonly SecretBytes _sealKey;

    public RestraintRows(IKeyStore keys, ReadOnlyMemory<byte> lookupKey, IRandom random)
    {
        (_keys, _random) = (keys, random);
        _sealKey = Kdf.Derive(lookupKey.Span, "keyrecovery/server/v1/restraints"u8, SecretBox.KeySize);
    }

    public static RowKey Of(RowKey keyRow) => new(Table.Restraints, keyRow.Id);

    /// <summary>The key row of a restraint's row.</summary>
    public static RowKey KeyRowOf(Row restraint) => new(Table.KeyRows, restraint.Key.Id);

    /// <summary>Restraints and their row as it was read; null and null where there are none.</summary>
    /// <exception cref="RowDamagedException">It does not open.</exception>
    public async ValueTask<(RestraintRow? Row, Row? Stored)> ReadAsync(RowKey keyRow, CancellationToken ct) =>
        await _keys.ReadAsync(Of(keyRow), ct) is { } stored ? (Open(stored), stored) : (null, null);

    /// <exception cref="RowDamagedException">It does not open.</exception>
    public RestraintRow Open(Row stored) => RestraintRow.Decode(
        RowSeal.TryOpen(_sealKey.Span, stored.Key, stored.Version, stored.Value.Span)
        ?? throw new RowDamagedException(stored.Key.Table));

    /// <summary>Writes restraints over what was read; creates them where nothing was.</summary>
    /// <param name="keyRow">The account's key row.</param>
    /// <param name="row">What is to stand there.</param>
    /// <param name="was">The row as it was read.</param>
    /// <param name="logged">What it decides for the log; null where it decides nothing.</param>
    public IReadOnlyList<RowWrite> Write(RowKey keyRow, RestraintRow row, Row? was, LoggedChange? logged = null)
    {
        var value = RowSeal.Seal(
            _sealKey.Span, Of(keyRow), (was?.Version ?? 0) + 1, logged?.Id ?? ChangeId.Of(was), row.Encode(), _random);
        RowWrite write = was is null ? new RowWrite.Create(Of(keyRow), value) : new RowWrite.Replace(was, value);
        return logged is null ? [write] : [logged.Outbox, write];
    }

    /// <summary>Whether the log has all that a row has decided.</summary>
    public async ValueTask<bool> IsLoggedAsync(Row stored, CancellationToken ct) =>
        ChangeId.Of(stored) is var newest
        && (newest.IsNone || await _keys.HeadAsync(OutboxRow.Place(StoreKind.Keys, newest), ct) is null);

    public void Dispose() => _sealKey.Dispose();
}
