using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Testing;

/// <summary>
/// An account in memory, made by the same drafts as a client's, with all that a server ever held of it. What it does is
/// honest; lies are made of its parts.
/// </summary>
public sealed class TestAccount
{
    /// <summary>The app, unless told otherwise.</summary>
    public const string DefaultApp = "messenger.example";

    private readonly TestRandom _random;
    private readonly Dictionary<Hash256, byte[]> _items = [];
    private readonly List<ServedVault> _history = [];
    private ulong _time = 1_760_000_000;

    private TestAccount(string appId, TestRandom random) => (AppId, _random) = (appId, random);

    /// <summary>The app.</summary>
    public string AppId { get; }

    /// <summary>What the server holds now.</summary>
    public ServedVault Now => _history[^1];

    /// <summary>What it held after each commit, the first at index 0.</summary>
    public IReadOnlyList<ServedVault> History => _history;

    /// <summary>Every version of every sealed item, by its hash.</summary>
    public IReadOnlyDictionary<Hash256, byte[]> Items => _items;

    /// <summary>The commits, as a client sent them.</summary>
    public IList<CommitBundle> Commits { get; } = [];

    /// <summary>Makes an account.</summary>
    public static TestAccount Begin(
        TestRandom random, TestAuthority device, IEnumerable<TestAuthority>? slots = null, string appId = DefaultApp,
        params (ItemId Id, byte[] Content)[] items)
    {
        var account = new TestAccount(appId, random);
        TestAuthority[] added = [device, .. slots ?? []];
        using var draft = ChainLinkDraft.Begin(
            appId, device.Added, [.. added.Skip(1).Select(s => s.Added)], account._time, random);
        var put = items.Select(i => account.Seal(draft.Link.Account, draft.Key, null, i.Id, i.Content)).ToArray();
        var manifest = ManifestDraft.First(
            draft, new ManifestChange { Put = [.. put.Select(p => (p.Entry, p.Note))] }, device.Signing, random);
        account.Record(Sign(draft, device, added), draft.Keyset, manifest, put);
        return account;
    }

    /// <summary>Reads what the server holds; anything but a true vault throws.</summary>
    public VerifiedVault Read(TestAuthority own, VerifiedVault? known = null) =>
        VerifiedVault.Verify(AppId, Now.Tell(known: known), own.Identity, known, TestHome.Keys) is VaultVerdict.Ok ok
            ? ok.Vault
            : throw new InvalidOperationException("an honest vault was refused");

    /// <summary>Reads and opens.</summary>
    public OpenVault Open(TestAuthority own) =>
        Read(own).Open(own.Id, own.Kem) is { Vault: { } open }
            ? open : throw new InvalidOperationException("an honest vault did not open");

    /// <summary>Commits a change as <paramref name="signer"/>.</summary>
    public CommitBundle Commit(TestAuthority signer, AccountChange change)
    {
        _time += 60;
        using var open = Open(signer);
        using var draft = change.HasLink
            ? ChainLinkDraft.Next(
                open,
                new ChainLinkChange(
                    [.. change.Add.Select(a => a.Added)], [.. change.Remove.Select(a => a.Id)], change.Mend),
                signer.Id, _time, _random)
            : null;
        var key = draft?.Key ?? open.Keys.Current;
        var put = change.Put
            .Select(p => Seal(open.Vault.Account, key, Now.Manifest.Manifest.Find(p.Id), p.Id, p.Content)).ToArray();
        var manifest = ManifestDraft.Next(
            open, draft, new ManifestChange { Put = [.. put.Select(p => (p.Entry, p.Note))], Delete = change.Delete },
            signer.Id, signer.Signing, _random);
        return Record(draft is null ? null : Sign(draft, signer, change.Add), draft?.Keyset, manifest, put);
    }

    /// <summary>Returns to an earlier state as <paramref name="signer"/>: every entry is that one's.</summary>
    /// <param name="signer">Who signs link and manifest.</param>
    /// <param name="to">The state, by its number in <see cref="History"/>.</param>
    /// <param name="change">What the link does; an item that it puts is changed beside.</param>
    /// <param name="bringsBase">Whether the commit brings the manifest to which is returned.</param>
    public CommitBundle Undo(TestAuthority signer, int to, AccountChange change, bool bringsBase = false)
    {
        _time += 60;
        using var open = Open(signer);
        using var draft = ChainLinkDraft.NextEpoch(
            open.Vault, open.Keys.Current,
            new ChainLinkChange([.. change.Add.Select(a => a.Added)], [.. change.Remove.Select(a => a.Id)]), signer.Id,
            _time, _random);
        var (before, undoneTo) = (Now.Manifest.Manifest, _history[to].Manifest);
        var put = change.Put.Select(p => Seal(
            open.Vault.Account, draft.Key, before.Find(p.Id), p.Id, p.Content, undoneTo.Manifest.Find(p.Id))).ToArray();
        using var opened = open.Keys.Find(undoneTo.Manifest.Epoch) is { } key
            ? ManifestPrivate.Open(key, undoneTo.Manifest) : null;
        var gone = change.Put.Select(p => p.Id).Concat(change.Delete).ToHashSet();
        var manifest = ManifestDraft.Undo(
            open.Vault, open.Private, new OpenManifest(undoneTo, opened), draft,
            new UndoChange
            {
                Return = [.. undoneTo.Manifest.Items.Where(i => !gone.Contains(i.Id))
                    .Select(i => new ItemNote(i.Id, NameOf(i.Id), 0, _time))],
                Put = [.. put.Select(p => (p.Entry, p.Note))],
            },
            signer.Id, signer.Signing, _random);
        return Record(Sign(draft, signer, change.Add), draft.Keyset, manifest, put, bringsBase ? undoneTo : null);
    }

    /// <summary>Forgets the newest commit: the server did not take it.</summary>
    public void Forget()
    {
        _history.RemoveAt(_history.Count - 1);
        Commits.RemoveAt(Commits.Count - 1);
    }

    /// <summary>The server has another state, of a backup perhaps: what is committed next stands on it.</summary>
    public void Return(ServedVault state) => _history.Add(state);

    /// <summary>Takes a commit that was made elsewhere from the state of now.</summary>
    /// <param name="commit">The commit.</param>
    /// <param name="items">Its sealed items, also those that did not come along.</param>
    public void Take(CommitBundle commit, params IEnumerable<byte[]> items)
    {
        foreach (var item in items) _items.Add(Hash256.Of(item), item);
        _history.Add(Now.After(commit));
        Commits.Add(commit);
    }

    /// <summary>
    /// Puts another commit in the place of the newest: it was made from the same state, and the server took that one.
    /// </summary>
    public void Swap(CommitBundle taken)
    {
        Forget();
        _history.Add(Now.After(taken));
        Commits.Add(taken);
    }

    private static string NameOf(ItemId id) => $"item {id}";

    private static SignedChainLink Sign(ChainLinkDraft draft, TestAuthority signer, IEnumerable<TestAuthority> added) =>
        draft.Sign(
            signer.Signing, added.ToDictionary(a => a.Id, a => ChainLinkDraft.ProvePossession(a.Signing, draft.Body)));

    private (ManifestItem Entry, ItemNote Note, byte[] Sealed) Seal(
        AccountId account, EpochKey key, ManifestItem? before, ItemId id, byte[] content, ManifestItem? undoneTo = null)
    {
        var header = new ItemHeader(
            account, id, ManifestItem.NextVersion(before, undoneTo), key.Epoch,
            ManifestItem.PreviousOf(before, undoneTo));
        var item = SealedItem.Seal(key, header, NameOf(id), content, _random);
        var entry = new ManifestItem(id, header.Version, header.Epoch, item.Length, Hash256.Of(item));
        return (entry, new ItemNote(id, NameOf(id), content.Length, _time), item);
    }

    private CommitBundle Record(
        SignedChainLink? link, Keyset? keyset, SignedManifest manifest,
        IReadOnlyCollection<(ManifestItem Entry, ItemNote Note, byte[] Sealed)> put, SignedManifest? undoneTo = null)
    {
        foreach (var item in put) _items.Add(item.Entry.Hash, item.Sealed);
        var commit = new CommitBundle(link, keyset, manifest, [.. put.Select(p => (ReadOnlyMemory<byte>)p.Sealed)])
        {
            Base = undoneTo,
        };
        _history.Add(_history.Count == 0 ? new ServedVault([link!], [keyset!], manifest, []) : Now.After(commit));
        Commits.Add(commit);
        return commit;
    }
}
