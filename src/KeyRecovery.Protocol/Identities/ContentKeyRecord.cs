using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using KeyRecovery.Protocol;
using KeyRecovery.Protocol.Identities;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>
/// A content key as it is granted to readers, signed by its owner; the app keeps it beside what the key encrypts
/// (docs/protocol.md §19). Each change is a new version: a grant of the same key, or another key. Only records whose
/// signature holds exist as this type.
/// </summary>
public sealed class ContentKeyRecord
{
    /// <summary>The most readers of one key, its owner among them: 1,024.</summary>
    public const int MaxReaders = 1024;

    /// <summary>The most that a record has, in bytes: 1,310,720.</summary>
    public const int MaxSize = 1280 * MaxReaders;

    private const int Fields = 9;

    private readonly SignedBody _signed;

    private ContentKeyRecord(ReadOnlyMemory<byte> bytes)
    {
        Bytes = bytes;
        _signed = SignedBody.Decode(bytes, MaxSize);
        Hash = Hash256.Of(_signed.Body.Span);
        var reader = new CborIn(_signed.Body);
        reader.Structure(Labels.ContentKey, Fields);
        Owner = reader.Account();
        Id = new ContentKeyId(reader.BytesView(ContentKeyId.Size, ContentKeyId.Size).Span);
        (Version, Since) = (reader.UInt(), reader.UInt());
        (Previous, Commitment) = (reader.Hash(), reader.Hash());
        Seals = ReadSeals(reader);
        reader.End();
        WireFormatException.Require(Since >= 1 && Since <= Version, "a key is of a version that was");
        WireFormatException.Require((Version == 1) == (Previous == default), "only the first follows on none");
        WireFormatException.Require(Ascending.Strictly(Seals, s => s.Reader), "readers are ascending");
        WireFormatException.Require(Seals.Any(s => s.Reader == Owner), "the owner is a reader");
    }

    /// <summary>All of it, signed, as the app keeps it.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>SHA-256 of what is signed: what the next version follows on.</summary>
    public Hash256 Hash { get; }

    /// <summary>Whose key it is.</summary>
    public AccountId Owner { get; }

    /// <summary>The key's name.</summary>
    public ContentKeyId Id { get; }

    /// <summary>From 1, one more with each change.</summary>
    public ulong Version { get; }

    /// <summary>The version in which this key was drawn: what is encrypted under it tells that number.</summary>
    public ulong Since { get; }

    /// <summary>The hash of the version before; the default in the first.</summary>
    public Hash256 Previous { get; }

    /// <summary>Who can open it, ascending.</summary>
    public IEnumerable<AccountId> Readers => Seals.Select(s => s.Reader);

    internal Hash256 Commitment { get; }

    internal ImmutableArray<ContentKeySeal> Seals { get; }

    /// <summary>Reads what the app kept, and verifies it.</summary>
    /// <param name="bytes">Any bytes.</param>
    /// <param name="owner">Whose it is said to be.</param>
    /// <param name="known">The newest version that this reader has seen; null where it has seen none.</param>
    /// <param name="record">The record; null where it is none that may be taken.</param>
    /// <param name="fault">Why it is none; <see cref="IdentityFault.None"/> where it is one.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryRead(
        ReadOnlyMemory<byte> bytes, IdentityStatement owner, ContentKeyRecord? known,
        [NotNullWhen(true)] out ContentKeyRecord? record, out IdentityFault fault)
    {
        ArgumentNullException.ThrowIfNull(owner);
        (record, fault) = Read(bytes, owner.Account, owner.SigningKey, known);
        return record is not null;
    }

    internal static (ContentKeyRecord? Record, IdentityFault Fault) Read(
        ReadOnlyMemory<byte> bytes, AccountId owner, VerifyKey key, ContentKeyRecord? known)
    {
        try
        {
            var read = new ContentKeyRecord(bytes.ToArray());
            if (read.Owner != owner || !read._signed.IsSignedBy(key, SignatureLabel.ContentKey))
                return (null, IdentityFault.Signature);
            return known is null || read.MayFollow(known) ? (read, IdentityFault.None) : (null, IdentityFault.Older);
        }
        catch (WireFormatException)
        {
            return (null, IdentityFault.Malformed);
        }
        catch (UpgradeRequiredException)
        {
            return (null, IdentityFault.UpgradeRequired);
        }
    }

    internal static ContentKeyRecord Sign(
        IdentityKeys owner, ContentKeyId id, ulong version, ulong since, Hash256 previous, Hash256 commitment,
        ImmutableArray<ContentKeySeal> seals)
    {
        Throw.IfOutside(seals.Length, 1, MaxReaders, nameof(seals));
        var body = new CborOut().Array(Fields).Text(Labels.ContentKey).UInt(FormatVersion.Current)
            .Bytes(owner.Account).Bytes(id.ToArray()).UInt(version).UInt(since).Bytes(previous).Bytes(commitment)
            .Array(seals.Length);
        foreach (var seal in seals) body.Array(3).Bytes(seal.Reader).Bytes(seal.KemKey).Bytes(seal.Sealed.Span);
        return new ContentKeyRecord(SignedBody.Sign(SignatureLabel.ContentKey, body.ToArray(), owner.Signing));
    }

    private bool MayFollow(ContentKeyRecord known) => Id == known.Id
        && (Hash == known.Hash || Version > known.Version + 1
            || (Version == known.Version + 1 && Previous == known.Hash));

    private static ImmutableArray<ContentKeySeal> ReadSeals(CborIn reader)
    {
        var count = reader.Array(1, MaxReaders);
        var seals = ImmutableArray.CreateBuilder<ContentKeySeal>(count);
        for (var i = 0; i < count; i++)
        {
            reader.Array(3);
            seals.Add(new ContentKeySeal(
                reader.Account(), reader.Hash(), reader.BytesView(ContentKeySeal.Size, ContentKeySeal.Size)));
        }
        return seals.MoveToImmutable();
    }
}

/// <summary>A content key sealed to one reader.</summary>
/// <param name="Reader">Whose account.</param>
/// <param name="KemKey">The hash of the key that it is sealed to.</param>
/// <param name="Sealed">1,168 bytes.</param>
internal readonly record struct ContentKeySeal(AccountId Reader, Hash256 KemKey, ReadOnlyMemory<byte> Sealed)
{
    public const int Size = Hpke.Overhead + ContentKey.Size;
}
