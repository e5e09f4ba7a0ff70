using System.Collections.Immutable;
using CsCheck;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Vault;

/// <summary>
/// F07: a server shows two devices two continuations of one manifest. Both are true, signed by members; nobody believes
/// a later one that does not come from what it knows.
/// </summary>
public sealed class ForkedManifests : IDisposable
{
    private static readonly ItemId Diary = new(new TestRandom(120).Bytes(16));

    private readonly TestRandom _random = new(121);
    private readonly TestAuthority _phone;
    private readonly TestAuthority _laptop;
    private readonly TestAccount _account;

    public ForkedManifests()
    {
        (_phone, _laptop) = (TestAuthority.Device(_random), TestAuthority.Device(_random));
        _account = TestAccount.Begin(_random, _phone, items: [(Diary, [0])]);
        _account.Commit(_phone, new AccountChange { Add = [_laptop] });
    }

    [Fact]
    public void A_fork_by_two_versions_is_seen_at_the_first_answer_that_mixes_the_branches()
    {
        var third = Branch(_phone, 1);
        var known = Known(third[^1], _phone);
        // The server hides version 3 from the laptop, which commits three times, and shows the phone its version 5.
        var other = Branch(_laptop, 3);
        var told = other[^1];
        Assert.Equal(5UL, told.Manifest.Manifest.Version);
        var (h3, forked3, forked4) = (third[^1].Manifest.Hash, other[0].Manifest.Hash, other[1].Manifest.Hash);
        ImmutableArray<Hash256>[] stories =
        [
            [h3, forked4], [forked3, forked4], [h3, forked3], [h3, told.Manifest.Hash], [h3, h3], [forked4, forked4],
            [h3, forked3, forked4], [h3], [forked4], [],
        ];
        foreach (var hashes in stories) IsForked(told, known, hashes);

        // The control: the laptop's own branch is a continuation of what both knew, and of all that it knows.
        foreach (var before in other[..^1].Prepend(_account.History[1]))
        {
            var reader = Known(before, _laptop);
            Assert.IsType<VaultVerdict.Ok>(Read(told.Tell(known: reader), _laptop, reader));
        }
    }

    [Fact]
    public void The_heads_of_both_branches_prove_the_servers_lie()
    {
        var (mine, theirs) = (Branch(_phone, 3), Branch(_laptop, 3));
        var heads = (Mine: HeadsOf(mine), Theirs: HeadsOf(theirs));
        for (var i = 0; i < 3; i++) Assert.True(heads.Mine[i].Contradicts(heads.Theirs[i]));
        // At different versions the heads alone say nothing; the hashes between do.
        Assert.False(heads.Mine[0].Contradicts(heads.Theirs[2]));
        Assert.Equal(
            theirs[2].Manifest.Manifest.Trail,
            ManifestTrail.Next(theirs[0].Manifest.Manifest.Trail, theirs[..2].Select(v => v.Manifest.Hash)));
        Assert.NotEqual(
            theirs[2].Manifest.Manifest.Trail,
            ManifestTrail.Next(
                mine[0].Manifest.Manifest.Trail, [mine[0].Manifest.Hash, theirs[1].Manifest.Hash]));
        // The control: heads of one branch never contradict each other.
        Assert.All(heads.Mine, a => Assert.All(heads.Mine, b => Assert.False(a.Contradicts(b))));
    }

    [Fact]
    public void No_mixture_of_two_branches_leads_from_one_to_the_other() =>
        Gen.Select(Gen.Int[1, 3], Gen.Int[1, 4], Gen.Int[0, int.MaxValue]).Sample((mine, more, seed) =>
        {
            var (phones, laptops) = (Branch(_phone, mine), Branch(_laptop, mine + more));
            var known = Known(phones[^1], _phone);
            var told = laptops[^1];
            var all = phones.Concat(laptops).Select(v => v.Manifest.Hash).ToArray();
            var dice = new Random(seed);
            ImmutableArray<Hash256> hashes = [.. Enumerable.Range(0, more).Select(_ => all[dice.Next(all.Length)])];
            IsForked(told, known, hashes);
            if (more > 1)
                IsForked(told, known, [phones[^1].Manifest.Hash, .. hashes[1..^1], laptops[^2].Manifest.Hash]);
        }, iter: 30, threads: 1);

    public void Dispose()
    {
        _phone.Dispose();
        _laptop.Dispose();
    }

    /// <summary>So many commits of one device from version 2 on, which the server keeps from all others.</summary>
    private ServedVault[] Branch(TestAuthority signer, int commits)
    {
        var branch = new List<ServedVault>();
        for (var i = 0; i < commits; i++)
        {
            _account.Commit(signer, new AccountChange { Put = [(Diary, _random.Bytes(8))] });
            branch.Add(_account.Now);
        }
        for (var i = 0; i < commits; i++) _account.Forget();
        return [.. branch];
    }

    private static AccountHead[] HeadsOf(IEnumerable<ServedVault> branch) =>
        [.. branch.Select(v => SignedHead.Decode(v.Tell().Head).Head)];

    private static VerifiedVault Known(ServedVault at, TestAuthority reader) =>
        Assert.IsType<VaultVerdict.Ok>(Read(at.Tell(), reader)).Vault;

    private void IsForked(ServedVault told, VerifiedVault known, ImmutableArray<Hash256> hashes) => Assert.Equal(
        ProtocolFault.ForkedManifest,
        Assert.IsType<VaultVerdict.Refused>(Read(told.Tell() with { Hashes = hashes }, _phone, known)).Fault);

    private static VaultVerdict Read(VaultBundle told, TestAuthority reader, VerifiedVault? known = null) =>
        VerifiedVault.Verify(TestAccount.DefaultApp, told, reader.Identity, known, TestHome.Keys);
}
