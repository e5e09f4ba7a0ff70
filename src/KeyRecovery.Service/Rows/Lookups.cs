using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Telemetry;

namespace KeyRecovery.Service.Rows;

/// <summary>
/// The key store's lookups: app user → account, slot → account. Their values are sealed as well as their places.
/// </summary>
internal sealed class Lookups : IDisposable
{
    private readonly SecretBytes _sealKey;
    private readonly IRandom _random;

    public Lookups(ReadOnlyMemory<byte> lookupKey, IRandom random)
    {
        _sealKey = Kdf.Derive(lookupKey.Span, "keyrecovery/server/v1/lookup-values"u8, SecretBox.KeySize);
        _random = random;
        Ids = new RowIds(lookupKey);
    }

    public RowIds Ids { get; }

    public RowWrite Create(RowKey lookup, AccountId account) => new RowWrite.Create(lookup, Seal(lookup, 1, account));

    /// <summary>
    /// Writes a lookup that was read: for another account, or once more for the same, so that its token moves.
    /// </summary>
    public RowWrite Replace(Row was, AccountId account) =>
        new RowWrite.Replace(was, Seal(was.Key, was.Version + 1, account));

    public AccountId Open(Row row)
    {
        ServiceMeter.Opening();
        return new AccountId(
            RowSeal.TryOpen(_sealKey.Span, row.Key, row.Version, row.Value.Span)
                ?? throw new RowDamagedException(row.Key.Table));
    }

    /// <summary>A row that looks like a lookup, for requests that find none.</summary>
    public Row Decoy(RowKey lookup, AccountId account) => new(lookup, Seal(lookup, 1, account), 1, 0);

    /// <summary>
    /// Writes a lookup whose place names the account already, whether it is there or not, so that its token moves.
    /// </summary>
    public RowWrite Ensure(RowKey lookup, AccountId account) => new RowWrite.Ensure(lookup, Seal(lookup, 1, account));

    /// <summary>
    /// Seals what no account's key can open, or need: whom an event concerns that tells of an erasure, where a reader
    /// of an app's accounts stands.
    /// </summary>
    public byte[] Seal(RowKey place, byte[] value) => RowSeal.Seal(_sealKey.Span, place, 1, value, _random);

    /// <summary>Opens it; null where it does not open.</summary>
    public byte[]? TryOpen(RowKey place, ReadOnlySpan<byte> stored) =>
        RowSeal.TryOpen(_sealKey.Span, place, 1, stored);

    public void Dispose() => _sealKey.Dispose();

    private byte[] Seal(RowKey lookup, long version, AccountId account) =>
        RowSeal.Seal(_sealKey.Span, lookup, version, account.ToArray(), _random);
}
