using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Realms;
using Anybody = KeyRecovery.Testing.TestAccount;
using TestAuthority = KeyRecovery.Testing.TestAuthority;
using TestHome = KeyRecovery.Testing.TestHome;
using TestRandom = KeyRecovery.Testing.TestRandom;

namespace KeyRecovery.Api.Tests.Realms;

/// <summary>
/// A thief with the right passphrase among a thousand candidates and all time of the world. What he has decides whether
/// he can tell which one it is.
/// </summary>
// Looks into the files of both stores.
[Trait("Store", "Files")]
[Trait("Category", "Long")]
public sealed class OfflineAttackTests : IDisposable
{
    private const int Candidates = 1_000;
    private const string Right = "purple monkey dishwasher";

    private static readonly StretchProfile Cheapest = new(2, StretchProfile.MinMemoryKiB, 1);

    private readonly TempDirectory _one = new();
    private readonly TempDirectory _two = new();
    private readonly AuthorityId _slot = new(Guid.NewGuid().ToByteArray());

    public void Dispose()
    {
        _one.Dispose();
        _two.Dispose();
    }

    [Fact]
    public async Task Only_key_store_ring_and_root_key_of_enough_realms_together_tell_the_right_candidate()
    {
        // One account with a passphrase at its home server alone, and the same slot id at two realms that are both
        // needed.
        using var alone = OprfKeyShares.Split(1, 1, SystemRandom.Instance);
        using var shared = OprfKeyShares.Split(2, 2, SystemRandom.Instance);
        AccountId account;
        await using (var home = await TestHost.StartAsync(RealmFixture.Settings, directory: _one))
        await using (var other = await TestHost.StartAsync(RealmFixture.Settings, directory: _two))
        {
            var user = await TestAccount.CreateAsync(home);
            account = user.Id;
            var realm = await RealmFixture.ConnectAsync(home, subject: user.Subject);
            using (var vault = await user.OpenAsync())
            {
                var parameters = PassphraseParameters.Create(
                    Cheapest, 1, [new RealmShare(realm.Realm.Fingerprint, alone.ShareKeys[0])]);
                await user.CommittedAsync(
                    user.Phone, TestAccount.LinkCommit(vault, user.Phone, [Party.Passphrase(parameters.Encode())], []));
            }
            await RegisterAsync(realm, _slot, Published(account, _slot, alone), alone.Shares[0]);
            await RegisterAsync(realm, Second, Published(account, Second, shared), shared.Shares[0]);
            await RegisterAsync(
                await RealmFixture.ConnectAsync(other), Second, Published(account, Second, shared), shared.Shares[1]);
        }

        // The complete data store, the ring with its root key, and the log: everything but the key store.
        var withoutKeys = Directory.GetFiles(_one.Path, "*", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/keys/", StringComparison.Ordinal)).ToList();
        Assert.Contains(withoutKeys, f => f.EndsWith("data.db", StringComparison.Ordinal));
        Assert.Contains(withoutKeys, f => f.EndsWith("root.key", StringComparison.Ordinal));
        OprfElement[] wanted = [.. alone.ShareKeys, .. shared.ShareKeys];
        Assert.Empty(Loot.Search(withoutKeys, wanted));
        // The key store alone does not hold one either: it is sealed there.
        Assert.Empty(Loot.Search(Directory.GetFiles(Path.Combine(_one.Path, "keys")), wanted));
        // The control of the search itself.
        var planted = Path.Combine(_two.Path, "planted");
        File.WriteAllBytes(planted, [.. new byte[4097], .. alone.Shares[0].Span, .. new byte[100]]);
        Assert.Single(Loot.Search([planted], wanted));

        var (candidates, stretched) = Stretch(account, _slot, Candidates);
        using var first = await Loot.OpenAsync(_one.Path, _slot);
        Assert.Equal([Right], Tell(candidates, stretched, _slot, Published(account, _slot, alone), (1, first!)));

        // Two realms: all of one, opened, is not the key.
        (candidates, stretched) = Stretch(account, Second, Candidates / 10);
        using var ofOne = await Loot.OpenAsync(_one.Path, Second);
        Assert.Empty(Tell(candidates, stretched, Second, Published(account, Second, shared), (1, ofOne!)));
        using var ofTwo = await Loot.OpenAsync(_two.Path, Second);
        Assert.Equal(
            [Right], Tell(candidates, stretched, Second, Published(account, Second, shared), (1, ofOne!), (2, ofTwo!)));
    }

    private AuthorityId Second => new([.. _slot.ToArray()[..15], (byte)(_slot.ToArray()[15] ^ 1)]);

    private static async Task RegisterAsync(
        TestRealmClient realm, AuthorityId slot, VerifyKey published, OprfScalar share)
    {
        // Whose chain it is does not matter to a thief of the shares.
        var random = new TestRandom(BitConverter.ToInt32(slot.ToArray()));
        using var phone = TestAuthority.Device(random);
        var anybody = Anybody.Begin(random, phone, appId: "demo");
        var body = RealmRegister.Seal(
            realm.Realm, slot, published, share, TestHome.Sign(anybody.Now.Manifest),
            [.. anybody.Now.Links.Select(link => link.Bytes)], phone.Id, phone.Signing, SystemRandom.Instance);
        Assert.Equal("ok", (await realm.SendAsync("register", slot, body, realm.Token)).Slug);
    }

    // What stands in the chain for all to see.
    private static VerifyKey Published(AccountId account, AuthorityId slot, OprfKeyShares key)
    {
        using var passphrase = ((PassphraseParse.Ok)Passphrase.Parse(Right)).Passphrase;
        using var stretched = passphrase.Stretch(account, slot, Cheapest);
        using var oprf = key.Evaluate(stretched.Span);
        using var keys = PassphraseSlot.DeriveKeys(slot, stretched, oprf);
        return keys.Signing.PublicKey;
    }

    private static (string[] Candidates, SecretBytes[] Stretched) Stretch(
        AccountId account, AuthorityId slot, int count)
    {
        string[] candidates = [.. Enumerable.Range(0, count).Select(i => $"candidate number {i}")];
        candidates[Random.Shared.Next(count)] = Right;
        var stretched = new SecretBytes[count];
        Parallel.For(0, count, i =>
        {
            using var passphrase = ((PassphraseParse.Ok)Passphrase.Parse(candidates[i])).Passphrase;
            stretched[i] = passphrase.Stretch(account, slot, Cheapest);
        });
        return (candidates, stretched);
    }

    /// <summary>Every candidate that makes the slot's published key with the shares at hand.</summary>
    private static List<string> Tell(
        string[] candidates, SecretBytes[] stretched, AuthorityId slot, VerifyKey published,
        params (int Index, OprfScalar Share)[] shares)
    {
        var right = new List<string>();
        Parallel.For(0, candidates.Length, i =>
        {
            using var blind = OprfRequest.Blind(stretched[i].Span, SystemRandom.Instance);
            using var oprf = blind.Finalize(
                [
                    .. shares.Select(
                        s => (s.Index,
                            OprfServer.Evaluate(
                                s.Share, s.Share.PublicKey, blind.Blinded, SystemRandom.Instance).Evaluated)),
                ]);
            using var keys = PassphraseSlot.DeriveKeys(slot, stretched[i], oprf);
            if (keys.Signing.PublicKey != published) return;
            lock (right) right.Add(candidates[i]);
        });
        return right;
    }
}
