using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>
/// As <see cref="ErrorOracleTests"/>, by a server that has a device's signing key as well: hashes and signatures hold,
/// and what was turned is found by opening it alone.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class SignedOracleTests(ServerFixture fixture)
{
    // Two names and no more: 256 padded bytes, and what a box adds.
    private const int PrivateSize = 256 + SecretBox.Overhead;

    private static readonly Dictionary<string, (int Length, Func<Thief, VaultBundle, int, VaultBundle> Turn)> Kinds =
        new()
        {
            ["private"] = (PrivateSize, (thief, told, at) => thief.WithManifest(
                told, m => m with { Private = ErrorOracleTests.Flip(m.Private.ToArray(), at) })),
            ["own seal"] = (KeysetEntry.SealSize, (thief, told, at) => thief.WithKeyset(
                told, e => e.Id == thief.Reader ? e with { Seal = ErrorOracleTests.Flip(e.Seal.ToArray(), at) } : e)),
            ["the key of the epoch before"] = (ChainLink.PreviousEpochKeySize, (thief, told, at) => thief.WithLink(
                told, l => l with { PreviousEpochKey = ErrorOracleTests.Flip(l.PreviousEpochKey.ToArray(), at) })),
            ["the commitment to the epoch's key"] = (Hash256.Size, (thief, told, at) => thief.WithLink(
                told, l => l with {
                    EpochCommit = new Hash256(ErrorOracleTests.Flip(l.EpochCommit.ToArray(), at)),
                })),
        };

    public static TheoryData<string> Names => [.. Kinds.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Z08_every_turned_byte_that_a_member_has_signed_is_followed_by_the_same_requests(string kind)
    {
        await using var scene = await BeginAsync();
        using var thief = await Thief.OfAsync(scene);
        var truth = await scene.TruthAsync();
        scene.TellsOwnHomeKey = true;
        var told = truth;
        scene.TellVault(_ => told);
        var laptop = scene.Device();
        var (length, turn) = Kinds[kind];
        Assert.Single(await ErrorOracleTests.TellAsync(
            scene, ErrorOracleTests.Positions(length).Select(i => turn(thief, truth, i).Encode()), async body =>
            {
                told = VaultBundle.Decode(body);
                using var session = TestDevice.Value(await laptop.Client.BeginRecoveryAsync(scene.Code));
                Assert.NotNull(session.Spoiled);
                Assert.IsType<ClientFailure.Spoiled>(TestDevice.Failure(await session.CheckItemsAsync()));
                Assert.IsType<ClientFailure.Spoiled>(TestDevice.Failure(await session.CompleteAsync("laptop", [])));
            }));
    }

    [Fact]
    public async Task Z08_every_turned_byte_of_an_item_that_a_member_has_signed_is_followed_by_the_same_requests()
    {
        await using var scene = await BeginAsync();
        using var thief = await Thief.OfAsync(scene);
        byte[] item = [];
        scene.Liar.Lie = (_, truth) =>
        {
            item = truth.Body;
            return truth;
        };
        TestDevice.Value(await scene.OnPhone.GetAsync("identity"));
        scene.Liar.Lie = null;
        var truth = await scene.TruthAsync();
        var entry = SignedManifest.Decode(truth.Manifest).Manifest.Items.Single(i => i.Hash == Hash256.Of(item));
        scene.TellsOwnHomeKey = true;
        var told = item;
        scene.TellVault(_ => thief.WithManifest(truth, m => m with
        {
            Items = m.Items.Replace(entry, entry with { Hash = Hash256.Of(told) }),
        }));
        var vaults = scene.Liar.Instead!;
        scene.Liar.Instead = heard => heard.Path == "/v1/items/read"
            ? ErrorOracleTests.Vault(new ItemBatch([told]).Encode()) : vaults(heard);
        // A header's hash of the version before is nobody's to check where that version is not read.
        var turned = Enumerable.Range(0, item.Length).Where(i => i is < 52 or >= ItemHeader.Size)
            .Where(i => i < 120 || i % 17 == 0).Select(i => ErrorOracleTests.Flip(item, i));
        var laptop = scene.Device();
        // What is asked for has the hash that the liar has told; nothing else may differ.
        Assert.Single(await ErrorOracleTests.TellAsync(scene, turned, async body =>
        {
            told = body;
            using var session = TestDevice.Value(await laptop.Client.BeginRecoveryAsync(scene.Code));
            Assert.IsType<ClientFailure.ServerLied>(TestDevice.Failure(await session.CheckItemsAsync()));
        }, heard => heard.Path == "/v1/items/read" ? $"{heard.Method} {heard.Path} {heard.Body.Length}" : heard.Shape));
    }

    private async Task<LiarScene> BeginAsync()
    {
        var scene = await LiarScene.BeginAsync(fixture.Server);
        TestDevice.Value(await scene.OnPhone.MendAsync());
        return scene;
    }

    /// <summary>A liar that has stolen a device's signing key: the maker of the newest link.</summary>
    private sealed class Thief(LiarKeys keys, SigningKey signing, AuthorityId reader) : IDisposable
    {
        /// <summary>Who is lied to.</summary>
        public AuthorityId Reader => reader;

        public static async Task<Thief> OfAsync(LiarScene scene)
        {
            using var state = (await scene.Phone.Store.LoadAsync(default))!;
            using var slot = scene.Code.DeriveSlot();
            return new Thief(scene.Keys, SigningKey.FromSeed(state.SigningSeed.Span), slot.Id);
        }

        public VaultBundle WithManifest(VaultBundle told, Func<Manifest, Manifest> change)
        {
            var manifest = SignedManifest.Sign(change(SignedManifest.Decode(told.Manifest).Manifest), signing);
            var head = AccountHead.Of(
                manifest.Manifest.ChainHead, manifest, SignedHead.Decode(told.Head).Head.Time);
            return told with { Manifest = manifest.Bytes, Head = SignedHead.Sign(head, keys.Signing).Bytes };
        }

        public VaultBundle WithLink(VaultBundle told, Func<ChainLink, ChainLink> change)
        {
            var body = change(Lies.Links(told)[^1].Link).Encode();
            var link = SignedChainLink.Create(body, signing.Sign(SignatureLabel.Link, body), []);
            return WithManifest(
                told with { Links = told.Links.SetItem(told.Links.Length - 1, link.Bytes) },
                m => m with { ChainHead = new ChainPlace(link.Link.Sequence, link.Hash) });
        }

        public VaultBundle WithKeyset(VaultBundle told, Func<KeysetEntry, KeysetEntry> change)
        {
            var keyset = Keyset.Decode(told.Keysets[0]);
            var bytes = Lies.Encode(keyset, [.. keyset.Entries.Select(change)]);
            return WithLink(
                told with { Keysets = [bytes] }, link => link with { KeysetHash = Keyset.Decode(bytes).Hash });
        }

        public void Dispose() => signing.Dispose();
    }
}
