using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Vault;

/// <summary>Draws chains of links that are signed and, here and there, wrong in one respect.</summary>
internal sealed class WildChain(int seed)
{
    public const string App = "wild.example";
    public const int Wrongs = 30;

    private readonly TestRandom _random = new(seed);
    private readonly Dictionary<AuthorityId, Player> _players = [];
    private readonly List<Player> _active = [];
    private readonly List<Player> _gone = [];
    private readonly List<SignedChainLink> _links = [];

    public IReadOnlyList<SignedChainLink> Links => _links;

    /// <summary>Adds link 0.</summary>
    public void Begin(int slots, int wrong)
    {
        var device = Draw(AuthorityKind.Device);
        var nonce = new Hash256(_random.Bytes(32));
        var account = AccountIds.Derive(App, device.Entry.SigningKey, device.Entry.KemKeyHash, nonce);
        var added = Enumerable.Range(0, slots).Select(_ => Draw(AuthorityKind.Code)).Append(device).ToList();
        Sign(new ChainLink
        {
            Account = account, Sequence = 0, Previous = nonce, Epoch = 1, EpochCommit = new Hash256(_random.Bytes(32)),
            KeysetHash = new Hash256(_random.Bytes(32)), Add = Sorted(added), Time = 1, Signer = device.Entry.Id,
        }, wrong, device, added, []);
    }

    /// <summary>Adds a link that adds and removes so many, right but for <paramref name="wrong"/>.</summary>
    public void Next(int add, int remove, bool mend, int pick, int wrong)
    {
        var head = _links[^1];
        var signer = _active[pick % _active.Count];
        var added = Enumerable.Range(0, add).Select(i => Draw((AuthorityKind)(1 + ((pick + i) % 5)))).ToList();
        var removed = _active.Where(a => a != signer).Take(remove).ToList();
        var begins = mend || removed.Count > 0;
        var link = head.Link with
        {
            Sequence = head.Link.Sequence + 1,
            Previous = head.Hash,
            Epoch = head.Link.Epoch + (begins ? 1UL : 0),
            EpochCommit = begins ? new Hash256(_random.Bytes(32)) : head.Link.EpochCommit,
            PreviousEpoch = 0,
            PreviousEpochKey = ReadOnlyMemory<byte>.Empty,
            KeysetHash = new Hash256(_random.Bytes(32)),
            Add = Sorted(added),
            Remove = [.. removed.Select(p => p.Entry.Id).Order()],
            Signer = signer.Entry.Id,
        };
        Sign(begins ? LeadTo(link, Earlier(link, pick)) : link, wrong, signer, added, removed);
    }

    /// <summary>One of the epochs that the link may lead to, the newest as often as all others together.</summary>
    private ulong Earlier(ChainLink link, int pick)
    {
        var links = _links.Select(l => l.Link).ToList();
        var all = Enumerable.Range(1, (int)Math.Min(link.Epoch - 1, 40)).Select(e => (ulong)e)
            .Where(previous => NaiveChain.MayLeadTo(links, link, previous)).ToList();
        return pick % 2 == 0 || all.Count == 0 ? link.Epoch - 1 : all[pick / 2 % all.Count];
    }

    private void Sign(ChainLink link, int wrong, Player signer, List<Player> added, List<Player> removed)
    {
        var body = Spoil(link, wrong, ref signer).Encode();
        var decoded = ChainLink.Decode(body);
        byte[] Prove(NewAuthority entry) =>
            ChainLinkDraft.ProvePossession(_players.GetValueOrDefault(entry.Id, signer).Key, body);
        var signature = signer.Key.Sign(wrong == 1 ? SignatureLabel.LinkPossession : SignatureLabel.Link, body);
        var possession = decoded.Add.Select(Prove).ToImmutableArray();
        if (wrong == 2 && possession.Length > 0) possession = possession.SetItem(possession.Length - 1, signature);
        _links.Add(SignedChainLink.Create(body, signature, possession));
        _active.AddRange(added);
        _active.RemoveAll(removed.Contains);
        _gone.AddRange(removed);
    }

    private ChainLink Spoil(ChainLink link, int wrong, ref Player signer)
    {
        var old = _gone.Concat(_active).FirstOrDefault(p => p.Entry.Id != link.Signer);
        var stranger = Draw(AuthorityKind.Device);
        switch (wrong)
        {
            case 3: return link with { Account = new AccountId(_random.Bytes(16)) };
            case 4: return link with { Sequence = link.Sequence + 1 };
            case 5: return link with { Previous = new Hash256(_random.Bytes(32)) };
            case 6:
                signer = stranger;
                return link with { Signer = stranger.Entry.Id };
            case 7 when _gone.Count > 0:
                signer = _gone[0];
                return link with { Signer = _gone[0].Entry.Id };
            case 8: return link with { Remove = [stranger.Entry.Id] };
            case 9: return LeadTo(link, link.Epoch) with { Remove = [link.Signer], Epoch = link.Epoch + 1 };
            case 10: return link with { Epoch = link.Epoch + 1 };
            case 11: return LeadTo(link, link.Epoch) with { Epoch = link.Epoch + 2 };
            case 12: return LeadTo(link, link.PreviousEpoch == 0 ? link.Epoch : 0);
            case 13: return link with { EpochCommit = new Hash256(_random.Bytes(32)) };
            case 14: return link with { Add = [] };
            case >= 15 and <= 19 when link.Add is [var first, ..]:
                return Swap(link, Reuse(first, wrong, old?.Entry, link.Add[^1]));
            case 20:
                return link with { Add = Sorted([.. Enumerable.Range(0, 32).Select(_ => Draw(AuthorityKind.Code))]) };
            case 21: return link with { Remove = old is null ? [] : [old.Entry.Id] };
            case 22: return link with { Add = [.. link.Add.Where(a => a.Kind != AuthorityKind.Device)] };
            case 23: return link with { Epoch = 0 };
            case 24 or 25 or 26: return LeadTo(link, 1) with { Epoch = _links.Count == 0 ? 1 : Epoch + 1 };
            case 27: return LeadTo(link, link.Epoch);
            case 28: return LeadTo(link, link.Epoch + 1);
            case 29: return LeadTo(link, 1) with { Remove = [.. _active.Take(2).Select(p => p.Entry.Id).Order()] };
            case 30:
                return link with {
                    Add = Sorted(
                        [.. Enumerable.Range(0, _links.Count == 0 ? 9 : 5).Select(_ => Draw(AuthorityKind.Code))]),
                };
            default: return link;
        }
    }

    private static NewAuthority Reuse(NewAuthority added, int wrong, NewAuthority? old, NewAuthority other) =>
        wrong switch
        {
            15 when old is not null => added with { Id = old.Id },
            16 when old is not null => added with { SigningKey = old.SigningKey },
            17 when old is not null => added with { KemKeyHash = old.KemKeyHash },
            18 => added with { KemKeyHash = other.KemKeyHash },
            19 => added with { KemKeyHash = Hash256.Of(added.SigningKey.ToArray()) },
            _ => added,
        };

    private ulong Epoch => _links[^1].Link.Epoch;

    private static ChainLink LeadTo(ChainLink link, ulong previous) => link with
    {
        PreviousEpoch = previous,
        PreviousEpochKey = new byte[previous == 0 ? 0 : ChainLink.PreviousEpochKeySize],
    };

    private static ChainLink Swap(ChainLink link, NewAuthority first) =>
        link with { Add = [.. link.Add.RemoveAt(0).Add(first).OrderBy(a => a.Id)] };

    private static ImmutableArray<NewAuthority> Sorted(List<Player> added) =>
        [.. added.Select(p => p.Entry).OrderBy(a => a.Id)];

    private Player Draw(AuthorityKind kind)
    {
        var key = SigningKey.FromSeed(_random.Bytes(32));
        var entry = new NewAuthority(
            new AuthorityId(_random.Bytes(16)), kind, key.PublicKey, new Hash256(_random.Bytes(32)), 1,
            ReadOnlyMemory<byte>.Empty);
        var player = new Player(entry, key);
        _players.Add(entry.Id, player);
        return player;
    }

    private sealed record Player(NewAuthority Entry, SigningKey Key);
}
