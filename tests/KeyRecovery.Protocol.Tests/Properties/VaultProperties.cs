using CsCheck;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Properties;

/// <summary>Whatever an account lives through: who belongs to it reads all of it, who left reads nothing new.</summary>
public class VaultProperties
{
    private const int MaxLinks = 12;

    private static readonly Gen<(int Action, int A, int B)[]> Walks =
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 1000], Gen.Int[0, 1000]).Array[1, 24];

    private enum Step
    {
        AddDevice, AddCode, AddPassphrase, Remove, RecoverByCode, Mend, Put, PutTwo, Replace, Delete,
    }

    [Fact]
    public void After_any_life_every_authority_reads_everything_and_nobody_removed_reads_the_newest_epoch() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Walks).Sample((seed, walk) =>
        {
            var life = new Life(seed);
            foreach (var (action, a, b) in walk) life.Take((Step)action, a, b);
            life.EveryActiveAuthorityReadsEverything();
            life.NobodyRemovedOpensTheNewestEpoch();
        }, iter: 25, threads: 1);

    [Fact]
    public void Every_commit_of_any_life_is_read_again_byte_by_byte() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Walks).Sample((seed, walk) =>
        {
            var life = new Life(seed);
            foreach (var (action, a, b) in walk) life.Take((Step)action, a, b);
            Chain? chain = null;
            SignedManifest? before = null;
            foreach (var sent in life.Account.Commits.Select(c => c.Encode()))
            {
                var commit = CommitBundle.Decode(sent);
                Assert.Equal(sent, commit.Encode());
                if (commit.Link is { } link)
                {
                    chain = Assert.IsType<ChainStep.Ok>(chain is null
                        ? Chain.Start(TestAccount.DefaultApp, link) : chain.Append(link)).Chain;
                    Assert.Equal(ProtocolFault.None, commit.Keyset!.CheckAgainst(chain.Current, link.Link));
                }

                Assert.Equal(ProtocolFault.None, commit.Manifest.CheckAgainst(chain!));
                Assert.Equal(ProtocolFault.None, commit.Manifest.CheckFollows(before));
                before = commit.Manifest;
            }

            var told = life.Account.Now.Tell().Encode();
            Assert.Equal(told, VaultBundle.Decode(told).Encode());
            var repair = new RepairBundle(
                life.Account.Now.Links, life.Account.Now.Keysets, life.Account.Now.Manifest).Encode();
            Assert.Equal(repair, RepairBundle.Decode(repair).Encode());
            var step = Chain.Replay(TestAccount.DefaultApp, life.Account.Now.Links);
            var replayed = Assert.IsType<ChainStep.Ok>(step).Chain;
            Assert.Equal(chain!.Place, replayed.Place);
            Assert.Equal(chain.LastRemoval, replayed.LastRemoval);
            Assert.Equal(Lives(chain), Lives(replayed));
        }, iter: 15, threads: 1);

    private static IEnumerable<(AuthorityId, ulong, AuthorityId, ulong?)> Lives(Chain chain) =>
        chain.Authorities.Values.Select(a => (a.Id, a.AddedAt, a.AddedBy, a.RemovedAt));

    /// <summary>An account and what must be true of it.</summary>
    private sealed class Life
    {
        private readonly TestRandom _random;
        private readonly List<TestAuthority> _active = [];
        private readonly List<TestAuthority> _removed = [];
        private readonly Dictionary<ItemId, byte[]> _contents = [];

        public Life(int seed)
        {
            _random = new TestRandom(seed);
            _active.Add(TestAuthority.Device(_random));
            Account = TestAccount.Begin(_random, _active[0]);
        }

        public TestAccount Account { get; }

        public void Take(Step step, int a, int b)
        {
            var device = Pick(_active.Where(x => x.Entry.Kind == AuthorityKind.Device), a) ?? Recovered(a);
            if (step < Step.Put && Account.Now.Links.Length == MaxLinks) return;
            switch (step)
            {
                case Step.AddDevice: Add(device, TestAuthority.Device(_random)); break;
                case Step.AddCode: Add(device, TestAuthority.Code(_random)); break;
                case Step.AddPassphrase: Add(
                    device, TestAuthority.Slot(AuthorityKind.Passphrase, _random.Bytes(b % 1025), _random)); break;
                case Step.Remove
                    when Pick(_active.Where(x => x != device), b) is { } gone: Change(
                        device, new AccountChange { Remove = [gone] }); break;
                case Step.RecoverByCode
                    when Pick(_active.Where(x => x.Entry.Kind == AuthorityKind.Code), b) is { } code:
                    Change(code, new AccountChange { Add = [TestAuthority.Device(_random)], Remove = [device] });
                    break;
                case Step.Mend: Change(device, new AccountChange { Mend = true }); break;
                case Step.Put: Put(device, (NewItem(), _random.Bytes(b))); break;
                case Step.PutTwo: Put(device, (NewItem(), _random.Bytes(a)), (NewItem(), [])); break;
                case Step.Replace when _contents.Count > 0: Put(device, (Item(b), _random.Bytes(a))); break;
                case Step.Delete when _contents.Count > 0:
                    var item = Item(b);
                    Account.Commit(device, new AccountChange { Delete = [item] });
                    _contents.Remove(item);
                    break;
            }
        }

        public void EveryActiveAuthorityReadsEverything()
        {
            foreach (var reader in _active)
            {
                var known = _active.IndexOf(reader) % 2 == 0 ? null : Account.Read(reader);
                var vault = Account.Read(reader, known);
                Assert.Equal(_active.Select(x => x.Id).Order(), vault.Chain.Active.Select(x => x.Id));
                using var open = vault.Open(reader.Id, reader.Kem).Vault!;
                Assert.Empty(open.FindBadSeals());
                Assert.All(
                    Enumerable.Range(1, (int)vault.Chain.Epoch), epoch => Assert.NotNull(open.Keys.Find((ulong)epoch)));
                Assert.Equal(_contents.Keys.Order(), vault.Manifest.Manifest.Items.Select(i => i.Id));
                foreach (var entry in vault.Manifest.Manifest.Items)
                    Assert.Equal(_contents[entry.Id], open.OpenItem(entry, Account.Items[entry.Hash]).Content);
            }
        }

        public void NobodyRemovedOpensTheNewestEpoch()
        {
            var now = Account.Now;
            var (epoch, entries) = (now.Manifest.Manifest.Epoch, now.Keysets.SelectMany(k => k.Entries).ToList());
            foreach (var gone in _removed)
            {
                Assert.Equal(ProtocolFault.KeysetMembers, Account.Read(gone).Open(gone.Id, gone.Kem).Fault);
                foreach (var entry in entries)
                {
                    Assert.Null(EpochKey.OpenSeal(now.Account, epoch, entry.Id, gone.Kem, entry.Seal.Span));
                    Assert.Null(EpochKey.OpenSeal(now.Account, epoch, gone.Id, gone.Kem, entry.Seal.Span));
                }
            }

            // The control: an own seal opens this way.
            var own = entries.Single(e => e.Id == _active[0].Id);
            using var key = EpochKey.OpenSeal(now.Account, epoch, own.Id, _active[0].Kem, own.Seal.Span);
            Assert.NotNull(key);
        }

        /// <summary>Only slots are left: one of them brings a device back.</summary>
        private TestAuthority Recovered(int pick)
        {
            var device = TestAuthority.Device(_random);
            Change(Pick(_active, pick)!, new AccountChange { Add = [device] });
            return device;
        }

        private void Add(TestAuthority signer, TestAuthority added) =>
            Change(signer, new AccountChange { Add = [added] });

        private void Change(TestAuthority signer, AccountChange change)
        {
            Account.Commit(signer, change);
            _active.AddRange(change.Add);
            _removed.AddRange(change.Remove);
            _active.RemoveAll(change.Remove.Contains);
        }

        private void Put(TestAuthority device, params (ItemId Id, byte[] Content)[] items)
        {
            Account.Commit(device, new AccountChange { Put = [.. items] });
            foreach (var (id, content) in items) _contents[id] = content;
        }

        private ItemId NewItem() => new(_random.Bytes(16));

        private ItemId Item(int pick) => _contents.Keys.Order().ElementAt(pick % _contents.Count);

        private static TestAuthority? Pick(IEnumerable<TestAuthority> from, int pick)
        {
            var list = from.ToList();
            return list.Count == 0 ? null : list[pick % list.Count];
        }
    }
}
