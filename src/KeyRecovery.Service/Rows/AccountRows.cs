using System.Buffers.Binary;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Rows;

/// <summary>
/// One account's rows in the data store. Their places and their seals come from the subject key, so that destroying it
/// leaves rows that nobody can open or tie to an account.
/// </summary>
internal sealed class AccountRows : IDisposable
{
    /// <summary>A subject key has 32 random bytes.</summary>
    public const int SubjectKeySize = 32;

    private const int LocatorSize = 16;

    // Lives for one request, thousands of times a second: an ordinary array, zeroed at the end. The KEK above it is pinned.
    private readonly byte[] _sealKey;
    private readonly byte[] _locator;
    private readonly IRandom _random;

    public AccountRows(ReadOnlySpan<byte> subjectKey, IRandom random)
    {
        Span<byte> derived = stackalloc byte[LocatorSize + SecretBox.KeySize];
        Kdf.Derive(subjectKey, "keyrecovery/server/v1/rows"u8, derived);
        _locator = derived[..LocatorSize].ToArray();
        _sealKey = derived[LocatorSize..].ToArray();
        CryptographicOperations.ZeroMemory(derived);
        _random = random;
    }

    /// <summary>What all the account's row ids begin with.</summary>
    public ReadOnlyMemory<byte> Locator => _locator;

    public RowKey Account => new(Table.Accounts, _locator);

    public RowKey Staging => new(Table.Staging, _locator);

    public RowKey Link(LinkPlace place) => new(Table.Links, (byte[])[.. LinksAt(place.Sequence), .. place.Hash.ToArray()]);

    /// <summary>What the ids of the links at a place in the chain begin with.</summary>
    public byte[] LinksAt(ulong sequence)
    {
        var number = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(number, checked((uint)sequence));
        return [.. _locator, .. number];
    }

    /// <summary>The place that a link row's id tells.</summary>
    public static ulong LinkSequence(RowKey link) => BinaryPrimitives.ReadUInt32BigEndian(link.Id.Span[LocatorSize..]);

    public RowKey Keyset(Hash256 hash) => new(Table.Keysets, (byte[])[.. _locator, .. hash.ToArray()]);

    public RowKey Manifest(Hash256 hash) => new(Table.Manifests, (byte[])[.. _locator, .. hash.ToArray()]);

    public RowKey Item(Hash256 hash) => new(Table.Items, (byte[])[.. _locator, .. hash.ToArray()]);

    public RowKey History(ItemId item) => new(Table.History, (byte[])[.. _locator, .. item.ToArray()]);

    public RowWrite Create(RowKey row, ReadOnlySpan<byte> value) => new RowWrite.Create(row, Seal(row, 1, value));

    /// <summary>For rows that are named by their content: the same again is no conflict.</summary>
    public RowWrite Ensure(RowKey row, ReadOnlySpan<byte> value) => new RowWrite.Ensure(row, Seal(row, 1, value));

    /// <summary>Writes the version after <paramref name="expectedVersion"/>; 0 creates.</summary>
    public RowWrite Replace(RowKey row, ReadOnlySpan<byte> value, long expectedVersion) => expectedVersion == 0
        ? Create(row, value)
        : new RowWrite.Replace(row, Seal(row, expectedVersion + 1, value), expectedVersion);

    /// <summary>Opens a row of this account.</summary>
    /// <exception cref="RowDamagedException">The row does not open.</exception>
    /// <exception cref="AccountErasedException">It was the account row, and the account was erased meanwhile.</exception>
    public byte[] Open(Row row)
    {
        ServiceMeter.Opening();
        if (AccountFence.Is(row)) throw new AccountErasedException();
        return RowSeal.TryOpen(_sealKey, row.Key, row.Version, row.Value.Span) ?? throw new RowDamagedException(row.Key.Table);
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_sealKey);

    private byte[] Seal(RowKey row, long version, ReadOnlySpan<byte> value) => RowSeal.Seal(_sealKey, row, version, value, _random);
}
