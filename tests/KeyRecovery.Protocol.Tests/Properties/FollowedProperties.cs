using System.Collections.Immutable;
using CsCheck;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Properties;

/// <summary>
/// Whoever takes over a commit of items that it made holds, byte for byte, what a reader makes of it who verifies all
/// of it; and takes over nothing that such a reader would refuse.
/// </summary>
public class FollowedProperties
{
    private static readonly Gen<(int Action, int A, int B)[]> Walks =
        Gen.Select(Gen.Int[0, 7], Gen.Int[0, 1000], Gen.Int[0, 1000]).Array[1, 16];

    private static readonly Gen<(int At, byte Mask)> Mutation = Gen.Select(Gen.Int[0, int.MaxValue], Gen.Byte[1, 255]);

    private static readonly SigningKey Stranger = SigningKey.FromSeed(new TestRandom(77).Bytes(32));

    [Fact]
    public void After_any_edits_what_was_taken_over_is_what_a_reader_verifies() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Walks).Sample((seed, walk) =>
        {
            using var life = new Life(seed);
            foreach (var (action, a, b) in walk)
            {
                using var known = life.Account.Open(life.Phone);
                var isOfItems = life.Take(action, a, b);
                var told = life.Account.Now.Tell(known.Vault.Links.Length, known.Vault) with
                {
                    TrustedFrom = ImmutableSortedDictionary<AuthorityId, ulong>.Empty.Add(life.Phone.Id, (ulong)a),
                };
                if (isOfItems) IsTheSame(life, known, told);
                else Assert.Null(Follow(known.Vault, life.Account.Now.Manifest, told));
            }
        }, iter: 60, threads: 1);

    [Fact]
    public void What_was_known_of_gaps_and_restores_stays_and_a_claim_that_is_new_is_left_to_a_reader()
    {
        using var life = new Life(5);
        for (var version = 2; version < 9; version++) life.Take(0, version, version);
        var claim = TestHome.Claim(life.Account.Now.Account, 0, 5, TestHome.Now - 9);
        life.Account.Return(life.Account.Now.WithGap(2, 3) with { Claims = [claim] });
        var begun = Assert.IsType<VaultVerdict.Ok>(Verify(life, null, life.Account.Now.TellFrom(1))).Vault;
        using var known = begun.Open(life.Phone.Id, life.Phone.Kem).Vault!;
        Assert.NotEmpty(known.Vault.Gaps);
        Assert.NotEmpty(known.Vault.Claims);
        life.Take(0, 1, 1);
        var told = life.Account.Now.Tell(known.Vault.Links.Length, known.Vault);
        IsTheSame(life, known, told with { Gaps = [] });

        var more = TestHome.Claim(life.Account.Now.Account, 0, 6, TestHome.Now - 8).Bytes;
        Assert.Null(Follow(known.Vault, life.Account.Now.Manifest, told with { Restored = told.Restored.Add(more) }));
    }

    [Fact]
    public void Nothing_is_taken_over_that_a_reader_refuses() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Mutation).Sample((seed, mutation) =>
        {
            using var life = new Life(seed);
            life.Take(0, 1, 1);
            using var known = life.Account.Open(life.Phone);
            life.Take(seed % 4, 2, 3);
            var (vault, built) = (known.Vault, life.Account.Now.Manifest);
            var told = life.Account.Now.Tell(vault.Links.Length, vault);
            var (manifest, other) = (built.Manifest, new Hash256(new TestRandom(seed).Bytes(32)));

            // Control: of all below only the change is wrong.
            Assert.NotNull(Follow(vault, Sign(manifest), told));
            IsRefused(Sign(manifest with { Version = manifest.Version + 1 }));
            IsRefused(Sign(manifest with { Previous = other }));
            IsRefused(Sign(manifest with { Trail = other }));
            IsRefused(Sign(manifest with { Epoch = 2 }));
            IsRefused(Sign(manifest with { ChainHead = manifest.ChainHead with { Hash = other } }));
            IsRefused(Sign(manifest with { Base = new ManifestPlace(1, other) }));
            IsRefused(Sign(manifest with { Signer = life.Laptop.Id }));
            IsRefused(SignedManifest.Sign(manifest, Stranger));
            IsRefused(SignedManifest.Sign(manifest, Stranger), TestHome.Sign(built).Bytes);
            IsRefused(built, known.Vault.Head.Bytes);
            IsRefused(built, SignedHead.Sign(TestHome.Sign(built).Head, Stranger).Bytes);
            IsRefused(built, TestHome.Sign(TestHome.Sign(built).Head with { Trail = other }).Bytes);
            IsRefused(built, ReadOnlyMemory<byte>.Empty);
            var head = TestHome.Sign(built).Bytes.ToArray();
            head[mutation.At % head.Length] ^= mutation.Mask;
            IsRefused(built, head);

            SignedManifest Sign(Manifest changed) => SignedManifest.Sign(changed, life.Phone.Signing);

            void IsRefused(SignedManifest changed, ReadOnlyMemory<byte>? of = null)
            {
                var lie = told with { Manifest = changed.Bytes, Head = of ?? TestHome.Sign(changed).Bytes };
                Assert.IsType<VaultVerdict.Refused>(Verify(life, vault, lie));
                Assert.Null(Follow(vault, changed, lie));
            }
        }, iter: 40, threads: 1);

    [Fact]
    public void What_nobody_else_could_read_does_not_open_for_its_maker_either()
    {
        using var life = new Life(9);
        using var known = life.Account.Open(life.Phone);
        life.Take(0, 1, 1);
        var built = life.Account.Now.Manifest.Manifest;
        var garbled = built.Private.ToArray();
        garbled[^1] ^= 1;
        foreach (var changed in new[] { built, built with { Private = garbled }, built with { LeafLabel = default } })
        {
            var manifest = SignedManifest.Sign(changed, life.Phone.Signing);
            var told = life.Account.Now.Tell(known.Vault.Links.Length, known.Vault) with
            {
                Manifest = manifest.Bytes, Head = TestHome.Sign(manifest).Bytes,
            };
            var followed = Follow(known.Vault, manifest, told)!;
            using var open = followed.Open(life.Phone.Id, life.Phone.Kem, known).Vault;
            Assert.Equal(changed == built, open is not null);
            var spoiler = followed.FindSpoiler(life.Phone.Id, life.Phone.Kem, known);
            Assert.Equal(changed == built ? null : life.Phone.Id, spoiler?.By);
        }
    }

    private static void IsTheSame(Life life, OpenVault known, VaultBundle told)
    {
        var followed = Follow(known.Vault, life.Account.Now.Manifest, told);
        var verified = Assert.IsType<VaultVerdict.Ok>(Verify(life, known.Vault, told)).Vault;
        Assert.Equal(verified.ToBundle().Encode(), followed!.ToBundle().Encode());
        Assert.Equal((verified.HashesTrail, verified.HashesFrom), (followed.HashesTrail, followed.HashesFrom));
        Assert.Equal(verified.Chain.Place, followed.Chain.Place);
        // The one goes on from the keys that it has, the other opens its seal.
        using var own = followed.Open(life.Phone.Id, life.Phone.Kem, known).Vault;
        using var stranger = verified.Open(life.Phone.Id, life.Phone.Kem).Vault;
        Assert.Equal(stranger!.Private.Items, own!.Private.Items.AsEnumerable());
        Assert.Equal(stranger.Private.Authorities, own.Private.Authorities.AsEnumerable());
        Assert.Equal(stranger.Private.LabelKey.Span, own.Private.LabelKey.Span);
        for (var epoch = 1UL; epoch <= verified.Chain.Epoch; epoch++)
            Assert.Equal(stranger.Keys.Find(epoch)?.Commit, own.Keys.Find(epoch)?.Commit);
        foreach (var entry in verified.Manifest.Manifest.Items)
            Assert.Equal(ProtocolFault.None, own.OpenItem(entry, life.Account.Items[entry.Hash]).Fault);
    }

    private static VerifiedVault? Follow(VerifiedVault known, SignedManifest built, VaultBundle told) =>
        known.Follow(built, told.Head, told.Restored, told.TrustedFrom, TestHome.Keys);

    private static VaultVerdict Verify(Life life, VerifiedVault? known, VaultBundle told) =>
        VerifiedVault.Verify(TestAccount.DefaultApp, told, life.Phone.Identity, known, TestHome.Keys);

    /// <summary>An account of which the phone makes every change.</summary>
    private sealed class Life : IDisposable
    {
        private readonly TestRandom _random;
        private readonly List<ItemId> _items = [];
        private bool _hasLaptop = true;

        public Life(int seed)
        {
            _random = new TestRandom(seed);
            (Phone, Laptop) = (TestAuthority.Device(_random), TestAuthority.Device(_random));
            Account = TestAccount.Begin(_random, Phone, [TestAuthority.Code(_random)]);
            Account.Commit(Phone, new AccountChange { Add = [Laptop] });
        }

        public TestAuthority Phone { get; }

        public TestAuthority Laptop { get; }

        public TestAccount Account { get; }

        /// <summary>Changes something.</summary>
        /// <returns>Whether it is a commit of items alone.</returns>
        public bool Take(int action, int a, int b)
        {
            switch (action)
            {
                case < 3: Put((New(), _random.Bytes(a))); return true;
                case 3 when _items.Count > 0: Put((Item(a), _random.Bytes(b)), (New(), [])); return true;
                case 4 when _items.Count > 0:
                    var gone = Item(a);
                    Account.Commit(Phone, new AccountChange { Delete = [gone] });
                    _items.Remove(gone);
                    return true;
                case 5: Account.Commit(Phone, new AccountChange { Mend = true }); return false;
                case 6 when _hasLaptop:
                    Account.Commit(Phone, new AccountChange { Remove = [Laptop] });
                    _hasLaptop = false;
                    return false;
                default: Account.Commit(Phone, new AccountChange()); return true;
            }
        }

        public void Dispose()
        {
            Phone.Dispose();
            Laptop.Dispose();
        }

        private void Put(params (ItemId Id, byte[] Content)[] items)
        {
            Account.Commit(Phone, new AccountChange { Put = [.. items] });
            foreach (var (id, _) in items.Where(i => !_items.Contains(i.Id))) _items.Add(id);
        }

        private ItemId New() => new(_random.Bytes(16));

        private ItemId Item(int pick) => _items[pick % _items.Count];
    }
}
