using System.Collections.Immutable;
using System.Diagnostics;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// A link that is written and not yet signed: each added authority signs <see cref="Body"/>, then the signer does.
/// </summary>
[DebuggerDisplay(Redacted.Text)]
public sealed class ChainLinkDraft : IDisposable
{
    private readonly bool _ownsKey;

    private ChainLinkDraft(ChainLink link, Keyset keyset, EpochKey key, bool ownsKey)
    {
        _ownsKey = ownsKey;
        Link = link;
        Body = link.Encode();
        Keyset = keyset;
        Key = key;
    }

    /// <summary>The link.</summary>
    public ChainLink Link { get; }

    /// <summary>The bytes to sign.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>The keyset that the link brings.</summary>
    public Keyset Keyset { get; }

    /// <summary>
    /// The epoch key after the link: the draft's own where it begins an epoch, else the open vault's.
    /// </summary>
    public EpochKey Key { get; }

    /// <summary>The place that the link will have.</summary>
    public ChainPlace Place => new(Link.Sequence, Hash256.Of(Body.Span));

    /// <summary>Begins an account with its first device and, beside it, whatever slots it has from the start.</summary>
    /// <param name="appId">The app.</param>
    /// <param name="device">The first device, which signs.</param>
    /// <param name="slots">Slots added in the same link.</param>
    /// <param name="time">The device's clock, in seconds since 1970.</param>
    /// <param name="random">Draws the nonce and the epoch key.</param>
    public static ChainLinkDraft Begin(
        string appId, (NewAuthority Entry, KemPublicKey KemKey) device,
        ImmutableArray<(NewAuthority Entry, KemPublicKey KemKey)> slots, ulong time, IRandom random)
    {
        Span<byte> nonce = stackalloc byte[Hash256.Size];
        random.Fill(nonce);
        var previous = new Hash256(nonce);
        var account = AccountIds.Derive(appId, device.Entry.SigningKey, device.Entry.KemKeyHash, previous);
        var key = EpochKey.Create(account, 1, random);
        var added = slots.Add(device);
        var keyset = Keyset.Create(key, added.Select(Recipient));
        return new ChainLinkDraft(
            new ChainLink
            {
                Account = account,
                Sequence = 0,
                Previous = previous,
                Epoch = 1,
                EpochCommit = key.Commit,
                KeysetHash = keyset.Hash,
                Add = Sorted(added),
                Time = time,
                Signer = device.Entry.Id,
            },
            keyset, key, ownsKey: true);
    }

    /// <summary>Writes the next link of an open vault.</summary>
    /// <param name="vault">The vault.</param>
    /// <param name="change">What the link does.</param>
    /// <param name="signer">The active authority that will sign.</param>
    /// <param name="time">Its clock, in seconds since 1970.</param>
    /// <param name="random">Draws a new epoch's key.</param>
    public static ChainLinkDraft Next(
        OpenVault vault, ChainLinkChange change, AuthorityId signer, ulong time, IRandom random)
    {
        var current = vault.Keys.Current;
        return change.BeginEpoch || change.Remove.Length != 0
            ? NextEpoch(vault.Vault, current, change, signer, time, random)
            : Write(vault.Vault, change, [], current, null, signer, time);
    }

    /// <summary>
    /// Writes the next link of a vault that need not open, which begins an epoch and leads to one that its signer
    /// holds: the newest sound one, so that a culprit's, above it, is left off the path.
    /// </summary>
    /// <param name="vault">What was verified.</param>
    /// <param name="previous">The key to lead to: of the current epoch, or of one from which on all epochs were begun
    /// by authorities that the change removes, that are no longer active, or by the signer. A chain refuses another.
    /// </param>
    /// <param name="change">What the link does.</param>
    /// <param name="signer">The active authority that will sign.</param>
    /// <param name="time">Its clock, in seconds since 1970.</param>
    /// <param name="random">Draws the epoch's key.</param>
    public static ChainLinkDraft NextEpoch(
        VerifiedVault vault, EpochKey previous, ChainLinkChange change, AuthorityId signer, ulong time, IRandom random)
    {
        var stay = vault.Keyset.Seals.Select(s => s.Entry).Where(e => !change.Remove.Contains(e.Id))
            .Select(e => KeyValuePair.Create(e.Id, e.KemKey));
        var key = EpochKey.Create(vault.Account, vault.Chain.Epoch + 1, random);
        return Write(vault, change, stay, key, previous, signer, time);
    }

    private static ChainLinkDraft Write(
        VerifiedVault vault, ChainLinkChange change, IEnumerable<KeyValuePair<AuthorityId, KemPublicKey>> stay,
        EpochKey key, EpochKey? previous, AuthorityId signer, ulong time)
    {
        var head = vault.Chain.Head;
        var keyset = Keyset.Create(key, stay.Concat(change.Add.Select(Recipient)));
        return new ChainLinkDraft(
            new ChainLink
            {
                Account = vault.Account,
                Sequence = head.Link.Sequence + 1,
                Previous = head.Hash,
                Epoch = key.Epoch,
                EpochCommit = key.Commit,
                PreviousEpoch = previous?.Epoch ?? 0,
                PreviousEpochKey = previous is null ? ReadOnlyMemory<byte>.Empty : key.SealPrevious(previous),
                KeysetHash = keyset.Hash,
                Add = Sorted(change.Add),
                Remove = [.. change.Remove.Order()],
                Time = time,
                Signer = signer,
            },
            keyset, key, ownsKey: previous is not null);
    }

    /// <summary>
    /// The signature by which an added authority proves that it holds its key, for this account and this place.
    /// </summary>
    /// <returns>64 bytes.</returns>
    public static byte[] ProvePossession(SigningKey added, ReadOnlyMemory<byte> body) =>
        added.Sign(SignatureLabel.LinkPossession, body.Span);

    /// <summary>Signs the link.</summary>
    /// <param name="signer">The signer's key.</param>
    /// <param name="possession">The possession signature of each added authority.</param>
    public SignedChainLink Sign(SigningKey signer, IReadOnlyDictionary<AuthorityId, byte[]> possession) =>
        SignedChainLink.Create(
            Body, signer.Sign(SignatureLabel.Link, Body.Span), [.. Link.Add.Select(a => possession[a.Id])]);

    /// <summary>Lets go of the key of an epoch that the link begins.</summary>
    public void Dispose()
    {
        if (_ownsKey) Key.Dispose();
    }

    /// <inheritdoc/>
    public override string ToString() => Redacted.Text;

    private static ImmutableArray<NewAuthority> Sorted(
        ImmutableArray<(NewAuthority Entry, KemPublicKey KemKey)> added) =>
        [.. added.Select(a => a.Entry).OrderBy(a => a.Id)];

    private static KeyValuePair<AuthorityId, KemPublicKey> Recipient((NewAuthority Entry, KemPublicKey KemKey) added)
    {
        if (added.KemKey.Hash != added.Entry.KemKeyHash)
            Throw.Argument(nameof(added), "the KEM key is not the one that the entry names");
        return new(added.Entry.Id, added.KemKey);
    }
}
