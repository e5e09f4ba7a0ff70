using System.Buffers.Binary;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Telemetry;

namespace KeyRecovery.Service.Rows;

/// <summary>
/// One account's rows in the data store. Their places and their seals come from the subject key, so that destroying it
/// leaves rows that nobody can open or tie to an account.
/// </summary>
internal sealed class AccountRows : IDisposable
{
    /// <summary>A subject key has 32 random bytes.</summary>
    public const int SubjectKeySize = 32;

    /// <summary>What the ids of an account's rows begin with has 16 bytes.</summary>
    public const int LocatorSize = 16;

    // Lives for one request, thousands of times a second: an ordinary array, zeroed at the end. The KEK above it is
    // pinned.
    private readonly byte[] _sealKey;
    private readonly byte[] _saltKey;
    private readonly byte[] _locator;
    private readonly IRandom _random;

    public AccountRows(ReadOnlySpan<byte> subjectKey, IRandom random)
    {
        Span<byte> derived = stackalloc byte[LocatorSize + SecretBox.KeySize + Hash256.Size];
        Kdf.Derive(subjectKey, "keyrecovery/server/v1/rows"u8, derived);
        _locator = derived[..LocatorSize].ToArray();
        _sealKey = derived[LocatorSize..^Hash256.Size].ToArray();
        _saltKey = derived[^Hash256.Size..].ToArray();
        CryptographicOperations.ZeroMemory(derived);
        _random = random;
    }

    /// <summary>What all the account's row ids begin with.</summary>
    public ReadOnlyMemory<byte> Locator => _locator;

    public RowKey Account => new(Table.Accounts, _locator);

    /// <summary>A row that is named by its content.</summary>
    public RowKey Named(Table table, Hash256 name) => new(table, (byte[])[.. _locator, .. name.ToArray()]);

    public RowKey Keyset(Hash256 hash) => Named(Table.Keysets, hash);

    public RowKey Manifest(Hash256 hash) => Named(Table.Manifests, hash);

    public RowKey Item(Hash256 hash) => Named(Table.Items, hash);

    /// <summary>The seal of a past epoch's key to an authority.</summary>
    public RowKey Seal(ulong epoch, AuthorityId authority) => Of(SealName(epoch, authority));

    /// <summary>A row whose deletion stands in the account row.</summary>
    public RowKey Of(DoomedRow doomed)
    {
        var table = doomed.Table == Table.Seals.Number ? Table.Seals : Table.Keysets;
        return new(table, (byte[])[.. _locator, .. doomed.Name.Span]);
    }

    /// <summary>The name of a seal's row within its account.</summary>
    public static DoomedRow SealName(ulong epoch, AuthorityId authority)
    {
        var place = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(place, epoch);
        return new DoomedRow(Table.Seals.Number, (byte[])[.. place, .. authority.ToArray()]);
    }

    /// <summary>To whom a seal's row is.</summary>
    public static AuthorityId AuthorityOf(RowKey seal) => new(seal.Id.Span[(LocatorSize + sizeof(ulong))..]);

    /// <summary>The name of a keyset's row within its account.</summary>
    public static DoomedRow KeysetName(Hash256 hash) => new(Table.Keysets.Number, hash.ToArray());

    public RowKey History(ItemId item) => new(Table.History, (byte[])[.. _locator, .. item.ToArray()]);

    /// <summary>For rows that are named by their content: found, they are written again.</summary>
    public RowWrite Ensure(RowKey row, ReadOnlySpan<byte> value) =>
        new RowWrite.Ensure(row, RowSeal.Seal(_sealKey, row, 1, value, _random));

    /// <summary>Writes a row over what was read there; creates it where nothing was.</summary>
    /// <param name="row">Where.</param>
    /// <param name="was">What was read.</param>
    /// <param name="value">What is sealed.</param>
    /// <param name="change">The logged change that this decides; null where it decides none, and the row keeps the one
    /// that it has.</param>
    public RowWrite Write(RowKey row, Row? was, ReadOnlySpan<byte> value, ChangeId? change = null)
    {
        var newest = change ?? (row.Table.Decides ? ChangeId.Of(was) : default);
        var stored = RowSeal.Seal(_sealKey, row, (was?.Version ?? 0) + 1, newest, value, _random);
        return was is null ? new RowWrite.Create(row, stored) : new RowWrite.Replace(was, stored);
    }

    /// <summary>
    /// What the detail of a logged change is salted with in its leaf: 32 bytes that go with the subject key.
    /// </summary>
    /// <param name="decider">The table of the row that decides it.</param>
    /// <param name="version">The version that it makes of that row.</param>
    public Hash256 LeafSalt(Table decider, long version)
    {
        Span<byte> place = stackalloc byte[1 + sizeof(long)];
        place[0] = checked((byte)decider.Number);
        BinaryPrimitives.WriteInt64BigEndian(place[1..], version);
        return new Hash256(HMACSHA256.HashData(_saltKey, place));
    }

    /// <summary>Seals whom an event of a feed concerns: it goes with the subject key.</summary>
    /// <param name="place">What it is sealed for.</param>
    /// <param name="value">What is sealed.</param>
    public byte[] SealEvent(RowKey place, byte[] value) => RowSeal.Seal(_sealKey, place, 1, value, _random);

    /// <summary>Opens it; null where it does not open.</summary>
    public byte[]? TryOpenEvent(RowKey place, ReadOnlySpan<byte> stored) => RowSeal.TryOpen(_sealKey, place, 1, stored);

    /// <summary>Opens a row of this account.</summary>
    /// <exception cref="RowDamagedException">The row does not open.</exception>
    /// <exception cref="AccountErasedException">It was the account row, and the account was erased
    /// meanwhile.</exception>
    public byte[] Open(Row row)
    {
        ServiceMeter.Opening();
        if (AccountFence.Is(row)) throw new AccountErasedException();
        return RowSeal.TryOpen(_sealKey, row.Key, row.Version, row.Value.Span)
            ?? throw new RowDamagedException(row.Key.Table);
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_sealKey);
        CryptographicOperations.ZeroMemory(_saltKey);
    }
}
