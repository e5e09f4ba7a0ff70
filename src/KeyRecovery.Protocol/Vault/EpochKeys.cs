using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// The key of one epoch: 32 random bytes under which all that an account stores is encrypted (docs/protocol.md §4).
/// </summary>
[DebuggerDisplay(Redacted.Text)]
public sealed class EpochKey : IDisposable
{
    /// <summary>The size in bytes: 32.</summary>
    public const int Size = 32;

    private readonly SecretBytes _key;
    private readonly KdfKey _derived;

    private EpochKey(AccountId account, ulong epoch, SecretBytes key)
    {
        Account = account;
        Epoch = epoch;
        _key = key;
        _derived = new KdfKey(key.Span);
        Span<byte> commit = stackalloc byte[Hash256.Size];
        _derived.Derive(Info(Labels.EpochCommit), commit);
        Commit = new Hash256(commit);
    }

    /// <summary>The account.</summary>
    public AccountId Account { get; }

    /// <summary>The epoch, from 1.</summary>
    public ulong Epoch { get; }

    /// <summary>The commitment that the chain carries: it tells this key from any other.</summary>
    public Hash256 Commit { get; }

    /// <summary>Makes the key of a new epoch.</summary>
    public static EpochKey Create(AccountId account, ulong epoch, IRandom random) =>
        new(account, epoch, SecretBytes.Random(Size, random));

    internal static EpochKey Import(AccountId account, ulong epoch, ReadOnlySpan<byte> key) =>
        new(account, epoch, SecretBytes.Copy(key));

    internal EpochKey Copy() => new(Account, Epoch, SecretBytes.Copy(_key.Span));

    /// <summary>
    /// Seals the key to an authority. Deterministic, so that every other authority can check the seal.
    /// </summary>
    /// <returns>1,168 bytes.</returns>
    internal byte[] SealTo(AuthorityId recipient, KemPublicKey kemKey)
    {
        using var seed = _derived.Derive(
            new CborOut().Array(5).Text(Labels.EpochSealRandomness).Bytes(Account).UInt(Epoch).Bytes(recipient)
                .Bytes(kemKey.Hash).ToArray(),
            XWing.EncapsulationSeedSize);
        return Hpke.Seal(kemKey, SealInfo(Account, Epoch, recipient), [], _key.Span, seed.Span);
    }

    /// <summary>Opens an own seal. Null where it does not open; the commitment is the caller's to check.</summary>
    internal static EpochKey? OpenSeal(
        AccountId account, ulong epoch, AuthorityId own, KemPrivateKey kemKey, ReadOnlySpan<byte> seal)
    {
        Span<byte> key = stackalloc byte[Size];
        return Hpke.TryOpen(kemKey, SealInfo(account, epoch, own), [], seal, key) ? Take(account, epoch, key) : null;
    }

    /// <summary>Seals the key of an earlier epoch under this one, without chance.</summary>
    /// <returns>48 bytes.</returns>
    internal byte[] SealPrevious(EpochKey previous) =>
        DerivedBox.Seal(_derived, PreviousContext(previous.Epoch, previous.Commit), previous._key.Span);

    /// <summary>
    /// Opens the key of an earlier epoch, which is the one that <paramref name="commit"/> fixes. Null where it does not
    /// open or is another.
    /// </summary>
    internal EpochKey? OpenPrevious(ulong previous, Hash256 commit, ReadOnlySpan<byte> box)
    {
        Span<byte> bytes = stackalloc byte[Size];
        if (!DerivedBox.TryOpen(_derived, PreviousContext(previous, commit), box, bytes)) return null;
        var key = Take(Account, previous, bytes);
        if (key.Commit == commit) return key;
        key.Dispose();
        return null;
    }

    /// <summary>Derives an item's key into a buffer of the caller's, who zeroes it.</summary>
    internal void DeriveItemKey(ItemId id, Span<byte> itemKey) =>
        _derived.Derive(new CborOut().Array(3).Text(Labels.ItemKey).Bytes(Account).Bytes(id).ToArray(), itemKey);

    internal SecretBytes ManifestPrivateKey() => _derived.Derive(Info(Labels.ManifestPrivateKey), Size);

    /// <inheritdoc/>
    public void Dispose()
    {
        _key.Dispose();
        _derived.Dispose();
    }

    /// <inheritdoc/>
    public override string ToString() => Redacted.Text;

    private byte[] PreviousContext(ulong previous, Hash256 commit) => new CborOut().Array(5)
        .Text(Labels.PreviousEpochKey).Bytes(Account).UInt(Epoch).UInt(previous).Bytes(commit).ToArray();

    private byte[] Info(string label) => new CborOut().Array(3).Text(label).Bytes(Account).UInt(Epoch).ToArray();

    private static byte[] SealInfo(AccountId account, ulong epoch, AuthorityId recipient) =>
        new CborOut().Array(4).Text(Labels.EpochSeal).Bytes(account).UInt(epoch).Bytes(recipient).ToArray();

    private static EpochKey Take(AccountId account, ulong epoch, Span<byte> key)
    {
        var taken = Import(account, epoch, key);
        CryptographicOperations.ZeroMemory(key);
        return taken;
    }
}

/// <summary>
/// An epoch key, as a rule the current one, and, opened when first asked for, those on its path (docs/protocol.md §4):
/// each is sealed under the one after it on the path and checked against the commitment of its own epoch.
/// </summary>
[DebuggerDisplay(Redacted.Text)]
public sealed class EpochKeys : IDisposable
{
    private readonly Chain _chain;
    private readonly Dictionary<ulong, EpochKey> _opened = [];
    private readonly Lock _gate = new();
    private EpochKey _oldest;

    internal EpochKeys(Chain chain, EpochKey current)
    {
        _chain = chain;
        Current = _oldest = current;
        _opened.Add(current.Epoch, current);
    }

    /// <summary>
    /// Goes on from a key that the reader holds, and that need not be the newest: from its kept vault, or from a seal
    /// of a restore point.
    /// </summary>
    /// <param name="chain">The chain as it is now.</param>
    /// <param name="key">The key; disposed of with this object.</param>
    /// <returns>Null where it is not the key that the chain commits to.</returns>
    public static EpochKeys? From(Chain chain, EpochKey key) =>
        key.Account == chain.Account && key.Epoch <= chain.Epoch
            && chain.Epochs[(int)key.Epoch - 1].Commit == key.Commit
            ? new EpochKeys(chain, key) : null;

    /// <summary>
    /// A copy of those that another state of the chain commits to as well: a later one, or another line of it, after
    /// a restore. Null where there is no sound one.
    /// </summary>
    public EpochKeys? On(Chain chain)
    {
        for (var epoch = Math.Min(Current.Epoch, chain.Epoch); epoch > 0; epoch--)
        {
            if (Find(epoch)?.Copy() is not { } key) continue;
            if (From(chain, key) is not { } keys) key.Dispose();
            // Who knows a key may begin another epoch with it, that leads nowhere.
            else if (keys.FindUnsound() is null) return keys;
            else keys.Dispose();
        }
        return null;
    }

    /// <summary>The newest key: that of the chain's current epoch, unless the reader came by an older one.</summary>
    public EpochKey Current { get; }

    /// <summary>
    /// The key of <paramref name="epoch"/>, or null where that epoch is not on the path or the way back is broken.
    /// </summary>
    public EpochKey? Find(ulong epoch)
    {
        lock (_gate)
        {
            while (_oldest.Epoch > epoch)
                if (!Step()) return null;
            return _opened.GetValueOrDefault(epoch);
        }
    }

    /// <summary>
    /// Goes all the way back. The epoch whose box does not open to the key that it names, so that all that was stored
    /// before would be lost; null where the epoch of <see cref="Current"/> is sound.
    /// </summary>
    public EpochStart? FindUnsound()
    {
        lock (_gate)
        {
            while (_oldest.Epoch > 1)
                if (!Step()) return Start(_oldest.Epoch);
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var key in _opened.Values) key.Dispose();
    }

    /// <inheritdoc/>
    public override string ToString() => Redacted.Text;

    private bool Step()
    {
        var start = Start(_oldest.Epoch);
        var previous = _oldest.OpenPrevious(
            start.Previous, Start(start.Previous).Commit, start.PreviousEpochKey.Span);
        if (previous is null) return false;
        _opened.Add(previous.Epoch, previous);
        _oldest = previous;
        return true;
    }

    private EpochStart Start(ulong epoch) => _chain.Epochs[(int)epoch - 1];
}
