using System.Collections.Immutable;
using System.Diagnostics;
using KeyRecovery.Protocol.Identities;

namespace KeyRecovery;

/// <summary>
/// The account's own keys, open, for apps that seal to other people (docs/protocol.md §19): every device of the account
/// has them. Calls draw their own randomness and use no network. Safe to use from several threads until disposal, which
/// zeroes the keys; open it anew after a device was revoked as stolen.
/// </summary>
[DebuggerDisplay("{Account}")]
public sealed class AccountIdentity : IDisposable
{
    private readonly IRandom _random;
    private readonly ImmutableArray<IdentityKeys> _keys;

    internal AccountIdentity(IRandom random, IdentityStatement statement, ImmutableArray<IdentityKeys> keys) =>
        (_random, Statement, _keys) = (random, statement, keys);

    /// <summary>The account.</summary>
    public AccountId Account => Statement.Account;

    /// <summary>The public keys, signed: what the app hands to others.</summary>
    public IdentityStatement Statement { get; }

    private IdentityKeys Current => _keys[0];

    /// <summary>What two people compare, once, to know that no server stands between them.</summary>
    /// <exception cref="ArgumentNullException">There is no statement.</exception>
    public SafetyNumber SafetyNumberWith(IdentityStatement other) => SafetyNumber.Of(Statement, other);

    /// <summary>Seals to somebody, signed by this account inside.</summary>
    /// <param name="reader">To whom: the newest statement, whose safety number the people have compared.</param>
    /// <param name="purpose">What for, 1–64 bytes of UTF-8, a constant of the app. It opens for no other.</param>
    /// <param name="content">At most 1,048,576 bytes; the length is padded.</param>
    /// <returns>The sealed message, or <see cref="ClientFailure.Invalid"/>.</returns>
    public Result<byte[]> SealFor(IdentityStatement reader, string purpose, ReadOnlySpan<byte> content)
    {
        ArgumentNullException.ThrowIfNull(reader);
        if (FindFault(purpose) is { } fault) return fault;
        return content.Length > SealedMessage.MaxContent
            ? new ClientFailure.Invalid($"at most {SealedMessage.MaxContent} bytes are sealed at once")
            : SealedMessage.Seal(Current, reader, purpose, content, _random);
    }

    /// <summary>Opens what somebody sealed to this account, and verifies who did.</summary>
    /// <param name="sender">From whom it has to be.</param>
    /// <param name="purpose">What for it has to be.</param>
    /// <param name="message">Any bytes.</param>
    /// <returns>The content, or <see cref="ClientFailure.CannotOpen"/>.</returns>
    public Result<OpenedMessage> Open(IdentityStatement sender, string purpose, ReadOnlyMemory<byte> message)
    {
        ArgumentNullException.ThrowIfNull(sender);
        if (FindFault(purpose) is { } invalid) return invalid;
        foreach (var keys in _keys)
        {
            var (content, fault) = SealedMessage.Open(keys, sender, purpose, message);
            if (content is not null) return new OpenedMessage(content, keys != Current);
            if (fault != IdentityFault.OtherRecipient) return new ClientFailure.CannotOpen(fault);
        }
        return new ClientFailure.CannotOpen(IdentityFault.OtherRecipient);
    }

    /// <summary>
    /// Draws a key under which the app encrypts one thing, a file or a conversation, for several readers.
    /// </summary>
    /// <param name="readers">Others who read it, at most 1,023; this account always does.</param>
    /// <returns>The key; the app keeps its <see cref="ContentKey.Record"/>. The caller disposes of it.</returns>
    public Result<ContentKey> CreateKey(params IEnumerable<IdentityStatement> readers) =>
        ReadersOf(readers).TryGet(out var to, out var fault) ? ContentKey.Create(Current, to, _random) : fault;

    /// <summary>Opens a content key that its owner granted to this account.</summary>
    /// <param name="record">What the app kept: any bytes.</param>
    /// <param name="owner">Whose it has to be.</param>
    /// <param name="known">The newest record of this key that the app has seen: none older is taken. Default: none.
    /// </param>
    /// <param name="takesFormer">Whether to take a record of this account's own that its keys of before have signed,
    /// which strangers may have had: only to read what is encrypted under it, and to key it anew. Default: no.</param>
    /// <returns>The key, or <see cref="ClientFailure.CannotOpen"/>. The caller disposes of it.</returns>
    public Result<ContentKey> OpenKey(
        ReadOnlyMemory<byte> record, IdentityStatement owner, ContentKeyRecord? known = null, bool takesFormer = false)
    {
        ArgumentNullException.ThrowIfNull(owner);
        _ = ContentKeyRecord.TryRead(record, owner, known, out var read, out var fault);
        if (takesFormer && owner.Account == Account)
            foreach (var former in _keys.Skip(1))
                if (fault == IdentityFault.Signature)
                    _ = ContentKeyRecord.TryRead(
                        record, IdentityStatement.Sign(former, 0), known, out read, out fault);
        if (read is null) return new ClientFailure.CannotOpen(fault);
        foreach (var keys in _keys)
        {
            (var key, fault) = ContentKey.Open(read, keys);
            if (key is not null) return key;
            if (fault != IdentityFault.OtherRecipient) break;
        }
        return new ClientFailure.CannotOpen(fault);
    }

    /// <summary>Gives the same key to more readers.</summary>
    /// <param name="key">A key of this account.</param>
    /// <param name="readers">To whom.</param>
    /// <returns>The key with its next record. The caller disposes of both.</returns>
    public Result<ContentKey> Grant(ContentKey key, params IEnumerable<IdentityStatement> readers)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (!ReadersOf(readers).TryGet(out var to, out var fault) || (fault = FindFault(key)) is not null) return fault;
        return key.Record.Readers.Union(to.Select(r => r.Account)).Count() > ContentKeyRecord.MaxReaders
            ? TooMany : key.Grant(Current, to, _random);
    }

    /// <summary>
    /// Draws another key in the place of one, for this account and these readers alone. What was encrypted before is
    /// the app's to encrypt anew.
    /// </summary>
    /// <param name="key">A key of this account.</param>
    /// <param name="readers">Who is to read.</param>
    /// <returns>The new key with its record. The caller disposes of both.</returns>
    public Result<ContentKey> ReKey(ContentKey key, params IEnumerable<IdentityStatement> readers)
    {
        ArgumentNullException.ThrowIfNull(key);
        return ReadersOf(readers).TryGet(out var to, out var fault) && (fault = FindFault(key)) is null
            ? key.ReKey(Current, to, _random) : fault!;
    }

    /// <summary>Takes a key from a reader: <see cref="ReKey"/> without that one.</summary>
    /// <param name="key">A key of this account.</param>
    /// <param name="reader">Who is to read no more.</param>
    /// <param name="readers">Who reads it now; of those the others stay.</param>
    /// <returns>The new key with its record. The caller disposes of both.</returns>
    public Result<ContentKey> Revoke(ContentKey key, AccountId reader, params IEnumerable<IdentityStatement> readers)
    {
        ArgumentNullException.ThrowIfNull(readers);
        return reader == Account
            ? new ClientFailure.Invalid("the owner of a key reads it")
            : ReKey(key, readers.Where(r => r?.Account != reader));
    }

    /// <summary>Zeroes the keys.</summary>
    public void Dispose()
    {
        foreach (var keys in _keys) keys.Dispose();
    }

    private static ClientFailure.Invalid TooMany =>
        new($"a key has at most {ContentKeyRecord.MaxReaders} readers, its owner among them");

    private static ClientFailure.Invalid? FindFault(string purpose) => SealedMessage.IsPurpose(purpose)
        ? null : new ClientFailure.Invalid($"a purpose has 1 to {SealedMessage.MaxPurpose} bytes of UTF-8");

    private ClientFailure.Invalid? FindFault(ContentKey key) => key.Record.Owner == Account
        ? null : new ClientFailure.Invalid("only its owner changes who reads a key");

    private Result<List<IdentityStatement>> ReadersOf(IEnumerable<IdentityStatement> readers)
    {
        ArgumentNullException.ThrowIfNull(readers);
        List<IdentityStatement> all = [.. readers];
        if (all.Contains(null!)) return new ClientFailure.Invalid("a reader is missing");
        return all.Select(r => r.Account).Append(Account).Distinct().Count() > ContentKeyRecord.MaxReaders
            ? TooMany : all;
    }
}
