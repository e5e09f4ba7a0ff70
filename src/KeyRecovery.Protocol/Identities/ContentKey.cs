using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using KeyRecovery.Protocol;
using KeyRecovery.Protocol.Identities;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>
/// A key of 32 random bytes under which an app encrypts one thing, a file or a conversation, for several readers
/// (docs/protocol.md §19). Zeroed on disposal, prints <c>[redacted]</c>.
/// </summary>
[DebuggerDisplay(Redacted.Text)]
public sealed class ContentKey : IDisposable
{
    /// <summary>The length in bytes: 32.</summary>
    public const int Size = 32;

    private readonly SecretBytes _key;

    private ContentKey(ContentKeyRecord record, SecretBytes key) => (Record, _key) = (record, key);

    /// <summary>What the app keeps: who reads it, and the key sealed to each.</summary>
    public ContentKeyRecord Record { get; }

    /// <summary>The 32 bytes, valid until disposal.</summary>
    public ReadOnlySpan<byte> Span => _key.Span;

    /// <summary>Draws a key, for its owner and these readers.</summary>
    /// <param name="owner">Who signs, and reads.</param>
    /// <param name="readers">Others; the newest statement of each counts.</param>
    /// <param name="random">Draws the key, its id and each encapsulation.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static ContentKey Create(IdentityKeys owner, IEnumerable<IdentityStatement> readers, IRandom random) =>
        Draw(owner, ContentKeyId.Draw(random), 1, default, readers, random);

    /// <summary>Gives the same key to more readers, or to a reader's new key: the next version of the record.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="readers">To whom; who reads it already, under the same key, is passed over.</param>
    /// <param name="random">Draws each encapsulation.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public ContentKey Grant(IdentityKeys owner, IEnumerable<IdentityStatement> readers, IRandom random)
    {
        RequireOwner(owner);
        var known = Record.Seals.ToDictionary(s => s.Reader);
        foreach (var reader in readers)
        {
            if (!known.TryGetValue(reader.Account, out var seal) || seal.KemKey != reader.KemKey.Hash)
            {
                known[reader.Account] = SealTo(
                    _key.Span, owner.Account, Record.Id, Record.Since, reader.Account, reader.KemKey, random);
            }
        }
        var record = ContentKeyRecord.Sign(
            owner, Record.Id, Record.Version + 1, Record.Since, Record.Hash, Record.Commitment,
            [.. known.Values.OrderBy(s => s.Reader)]);
        return new ContentKey(record, SecretBytes.Copy(_key.Span));
    }

    /// <summary>
    /// Draws another key in its place, for the owner and these readers alone: whoever is left out reads nothing that is
    /// encrypted from then on. What was encrypted before is the app's to encrypt anew.
    /// </summary>
    /// <param name="owner">The owner.</param>
    /// <param name="readers">Who is to read.</param>
    /// <param name="random">Draws the key and each encapsulation.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public ContentKey ReKey(IdentityKeys owner, IEnumerable<IdentityStatement> readers, IRandom random)
    {
        RequireOwner(owner);
        return Draw(owner, Record.Id, Record.Version + 1, Record.Hash, readers, random);
    }

    /// <summary>Opens a record with a reader's keys.</summary>
    /// <returns>The key and no fault, or null and why.</returns>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static (ContentKey? Key, IdentityFault Fault) Open(ContentKeyRecord record, IdentityKeys reader)
    {
        ArgumentNullException.ThrowIfNull(record);
        var seal = record.Seals.FirstOrDefault(s => s.Reader == reader.Account && s.KemKey == reader.KemKey.Hash);
        if (seal.Sealed.IsEmpty) return (null, IdentityFault.OtherRecipient);
        var info = SealInfo(record.Owner, record.Id, record.Since, seal.Reader, seal.KemKey);
        var isOpen = false;
        var key = SecretBytes.Create(
            Size, opened => isOpen = Hpke.TryOpen(reader.Kem, info, [], seal.Sealed.Span, opened));
        if (isOpen && Commit(key.Span, record.Owner, record.Id, record.Since) == record.Commitment)
            return (new ContentKey(record, key), IdentityFault.None);
        key.Dispose();
        return (null, IdentityFault.Seal);
    }

    /// <summary>Zeroes the key.</summary>
    public void Dispose() => _key.Dispose();

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted.Text;

    private static ContentKey Draw(
        IdentityKeys owner, ContentKeyId id, ulong version, Hash256 previous, IEnumerable<IdentityStatement> readers,
        IRandom random)
    {
        var key = SecretBytes.Random(Size, random);
        try
        {
            var to = new Dictionary<AccountId, KemPublicKey>();
            foreach (var reader in readers) to[reader.Account] = reader.KemKey;
            to[owner.Account] = owner.KemKey;
            ImmutableArray<ContentKeySeal> seals =
            [
                .. to.OrderBy(r => r.Key)
                    .Select(r => SealTo(key.Span, owner.Account, id, version, r.Key, r.Value, random)),
            ];
            return new ContentKey(
                ContentKeyRecord.Sign(
                    owner, id, version, version, previous, Commit(key.Span, owner.Account, id, version), seals),
                key);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private static ContentKeySeal SealTo(
        ReadOnlySpan<byte> key, AccountId owner, ContentKeyId id, ulong since, AccountId reader, KemPublicKey kemKey,
        IRandom random) => new(
        reader, kemKey.Hash,
        IdentitySeal.Seal(kemKey, SealInfo(owner, id, since, reader, kemKey.Hash), key, random));

    private static byte[] SealInfo(AccountId owner, ContentKeyId id, ulong since, AccountId reader, Hash256 kemKey) =>
        new CborOut().Array(6).Text(Labels.ContentKeySeal).Bytes(owner).Bytes(id.ToArray()).UInt(since).Bytes(reader)
            .Bytes(kemKey).ToArray();

    private static Hash256 Commit(ReadOnlySpan<byte> key, AccountId owner, ContentKeyId id, ulong since)
    {
        Span<byte> commitment = stackalloc byte[Hash256.Size];
        Kdf.Derive(
            key,
            new CborOut().Array(4).Text(Labels.ContentKeyCommit).Bytes(owner).Bytes(id.ToArray()).UInt(since).ToArray(),
            commitment);
        return new Hash256(commitment);
    }

    private void RequireOwner(IdentityKeys owner)
    {
        if (owner.Account != Record.Owner) Throw.Argument(nameof(owner), "only its owner changes a record");
    }
}
