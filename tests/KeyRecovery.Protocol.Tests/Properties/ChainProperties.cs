using System.Buffers.Binary;
using CsCheck;
using KeyRecovery.Protocol.Tests.Vault;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Properties;

/// <summary>
/// Link by link over a head, link by link over a history, all at once, in two parts: every way of reading a chain comes
/// to the verdict of the rules as they are written.
/// </summary>
public class ChainProperties
{
    private static readonly Gen<(int Add, int Remove, bool Mend, int Pick, int Wrong)[]> Walks =
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 2], Gen.Bool, Gen.Int[0, 1000], Wrongs(one: 4)).Array[0, 12];

    [Fact]
    public void Every_way_of_reading_a_chain_comes_to_the_verdict_of_the_written_rules()
    {
        var seen = new Dictionary<ProtocolFault, int>();
        var (offPath, joined) = (0, 0);
        var chains = Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, 3], Wrongs(one: 8), Walks, Gen.Int[0, 12]);
        chains.Sample((seed, slots, wrong, walk, cut) =>
        {
            var wild = new WildChain(seed);
            wild.Begin(slots, wrong);
            foreach (var (add, remove, mend, pick, spoilt) in walk) wild.Next(add, remove, mend, pick, spoilt);
            var verdict = NaiveChain.Judge(WildChain.App, wild.Links);
            seen[verdict] = seen.GetValueOrDefault(verdict) + 1;
            foreach (var (head, chain, fault) in Readings(wild.Links, cut))
            {
                Assert.Equal(verdict, fault);
                if (fault == ProtocolFault.None) IsWhatTheLinksSay(wild.Links, head!, chain);
                if (head?.Path.Skips.Length > 0) offPath++;
                if (head?.Keysets.Length > 1) joined++;
            }
        }, iter: 800, threads: 1);

        // The control: every rule was broken, and none, so the ways had the occasion to differ; epochs were left off,
        // and keysets came one after the other.
        Assert.True(offPath > 0 && joined > 0);
        ProtocolFault[] rules =
        [
            ProtocolFault.None, ProtocolFault.DroppedLink, ProtocolFault.OtherBeginning, ProtocolFault.OtherAccount,
            ProtocolFault.BrokenChain, ProtocolFault.UnknownSigner, ProtocolFault.UnknownRemoval,
            ProtocolFault.RemovesSigner, ProtocolFault.EpochRule, ProtocolFault.NoPurpose,
            ProtocolFault.TooManyAuthorities,
            ProtocolFault.Reused,
            ProtocolFault.LinkSignature, ProtocolFault.Possession,
        ];
        Assert.Empty(rules.Except(seen.Keys));
    }

    [Fact]
    public void A_replay_checks_every_rule_and_believes_the_signatures() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Wrongs(one: 40), Walks).Sample((seed, wrong, walk) =>
        {
            var wild = new WildChain(seed);
            wild.Begin(1, wrong);
            foreach (var (add, remove, mend, pick, spoilt) in walk) wild.Next(add, remove, mend, pick, spoilt);
            var verdict = NaiveChain.Judge(WildChain.App, wild.Links);
            var replayed = Chain.Replay(WildChain.App, wild.Links);
            if (verdict is not (ProtocolFault.LinkSignature or ProtocolFault.Possession))
                Assert.Equal(verdict, replayed is ChainStep.Refused refused ? refused.Fault : ProtocolFault.None);
            if (replayed is ChainStep.Ok ok) IsWhatTheLinksSay(wild.Links, ok.Chain.Current, ok.Chain);
        }, iter: 200, threads: 1);

    [Fact]
    public void The_fault_of_many_bad_signatures_is_the_first_ones()
    {
        var wild = new WildChain(3);
        wild.Begin(0, 0);
        for (var i = 0; i < 400; i++) wild.Next(1, 1, mend: true, 0, wrong: i == 250 ? 1 : i > 251 ? 2 : 0);
        Assert.Equal(ProtocolFault.LinkSignature, Fault(Chain.Start(WildChain.App, wild.Links)));
    }

    [Fact]
    public void No_link_at_all_is_no_chain_and_adds_nothing_to_one()
    {
        var wild = new WildChain(1);
        wild.Begin(0, 0);
        Assert.Equal(ProtocolFault.DroppedLink, Fault(Chain.Start(WildChain.App, [])));
        var chain = Assert.IsType<ChainStep.Ok>(Chain.Start(WildChain.App, wild.Links)).Chain;
        Assert.Same(chain, Assert.IsType<ChainStep.Ok>(chain.Append([])).Chain);
    }

    private static Gen<int> Wrongs(int one) =>
        Gen.Select(Gen.Int[1, one], Gen.Int[1, WildChain.Wrongs]).Select((dice, wrong) => dice == 1 ? wrong : 0);

    private static IEnumerable<(ChainHead? Head, Chain? Chain, ProtocolFault Fault)> Readings(
        IReadOnlyList<SignedChainLink> links, int cut)
    {
        ChainHeadStep head = ChainHead.Start(WildChain.App, links[0]);
        ChainStep chain = Chain.Start(WildChain.App, links[0]);
        foreach (var link in links.Skip(1))
        {
            if (head is ChainHeadStep.Ok h) head = h.Head.Append(link);
            if (chain is ChainStep.Ok c) chain = c.Chain.Append(link);
        }
        yield return head is ChainHeadStep.Ok { Head: var last }
            ? (last, null, ProtocolFault.None)
            : (null, null, ((ChainHeadStep.Refused)head).Fault);
        yield return Of(chain);
        yield return Of(Chain.Start(WildChain.App, links));
        var first = Chain.Start(WildChain.App, [.. links.Take(1 + (cut % links.Count))]);
        yield return Of(first is ChainStep.Ok ok ? ok.Chain.Append([.. links.Skip(1 + (cut % links.Count))]) : first);
    }

    private static (ChainHead?, Chain?, ProtocolFault) Of(ChainStep step) =>
        step is ChainStep.Ok ok ? (ok.Chain.Current, ok.Chain, ProtocolFault.None) : (null, null, Fault(step));

    private static ProtocolFault Fault(ChainStep step) => Assert.IsType<ChainStep.Refused>(step).Fault;

    private static void IsWhatTheLinksSay(IReadOnlyList<SignedChainLink> signed, ChainHead head, Chain? chain)
    {
        var links = signed.Select(l => l.Link).ToList();
        ulong AddedAt(NewAuthority added) => links.Single(l => l.Add.Contains(added)).Sequence;
        ulong? RemovedAt(NewAuthority added) => links.SingleOrDefault(l => l.Remove.Contains(added.Id))?.Sequence;
        ulong LastBegun(NewAuthority added) =>
            NaiveChain.Epochs(links).LastOrDefault(l => l.Signer == added.Id)?.Epoch ?? 0;
        var removal = signed.LastOrDefault(l => l.Link.Remove.Length > 0);
        Assert.Equal(
            (links[^1].Account, links[^1].Epoch, links[^1].EpochCommit),
            (head.Account, head.Epoch, head.EpochCommit));
        Assert.Equal(NaiveChain.Keysets(links).Select(k => k.Link.KeysetHash), head.Keysets);
        IsPath(links, head.Path);
        Assert.Equal(Place(signed[^1]), head.Place);
        Assert.Equal(removal is null ? (ChainPlace?)null : Place(removal), head.LastRemoval);
        Assert.Equal(
            NaiveChain.Active(links).OrderBy(a => a.Id)
                .Select(a => new ActiveAuthority(
                    a.Id, a.Kind, a.SigningKey, a.KemKeyHash, a.MaxFormat, AddedAt(a), LastBegun(a))),
            head.Active.Values);
        Assert.Equal(NaiveChain.Names(links).Order(), Unpack(head.Used));
        if (chain is null) return;
        Assert.Equal(signed.Select(l => l.Hash), chain.Hashes);
        Assert.Equal(
            NaiveChain.Epochs(links)
                .Select(l => new EpochStart(l.Epoch, l.EpochCommit, l.PreviousEpoch, l.PreviousEpochKey, l.Signer)),
            chain.Epochs);
        Assert.Equal(
            NaiveChain.Keysets(links).Select(k => (k.Link.KeysetHash, k.Link.Signer, Text(k.Members))),
            chain.Seals.Select(s => (s.KeysetHash, s.Signer, Text(s.Members))));
        Assert.Equal(
            links.SelectMany(l => l.Add.Select(a => new ChainAuthority(a, l.Sequence, l.Signer, l.Time, RemovedAt(a))))
                .OrderBy(a => a.Id),
            chain.Authorities.Values);
        Assert.Same(signed[^1], chain.Head);
    }

    private static void IsPath(IReadOnlyList<ChainLink> links, EpochPath path)
    {
        var written = NaiveChain.Path(links).ToHashSet();
        foreach (var epoch in Enumerable.Range(0, (int)links[^1].Epoch + 3).Select(e => (ulong)e))
            Assert.Equal(written.Contains(epoch), path.Contains(epoch));
        foreach (var (epoch, previous) in NaiveChain.Epochs(links).Select(l => (l.Epoch, l.PreviousEpoch)).Skip(1))
            Assert.Equal(previous, path.Before(epoch));
        var resumed = EpochPath.Resume(path.Newest, path.Skips);
        Assert.All(written, epoch => Assert.True(resumed.Contains(epoch)));
    }

    private static string Text(IEnumerable<AuthorityId> ids) => string.Join(' ', ids);

    private static ChainPlace Place(SignedChainLink link) => new(link.Link.Sequence, link.Hash);

    private static IEnumerable<ulong> Unpack(UsedNames used) =>
        Enumerable.Range(0, used.Count).Select(i => BinaryPrimitives.ReadUInt64BigEndian(used.Packed.Span[(8 * i)..]));
}
