using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing;

namespace KeyRecovery.Client.Tests.Devices;

/// <summary>
/// A vault that a device verified and kept sealed: believed as far as it was verified, by the rules of today.
/// </summary>
public sealed class KeptVaultTests : IDisposable
{
    private const int VersionAt = 30; // Behind the array's head, the label's two bytes and its 27.

    private static readonly TestRandom Random = new(5);
    private readonly byte[] _seed = Random.Bytes(SigningKey.SeedSize);
    private readonly byte[] _kemSeed = Random.Bytes(KemPrivateKey.SeedSize);
    private readonly TestAuthority _phone;
    private readonly TestAccount _account;

    public KeptVaultTests()
    {
        _phone = TestAuthority.Device(Random.Bytes(16), _seed, _kemSeed);
        using var code = TestAuthority.Code(Random);
        using var laptop = TestAuthority.Device(Random);
        _account = TestAccount.Begin(Random, _phone, [code]);
        _account.Commit(_phone, new AccountChange { Add = [laptop] });
        _account.Commit(_phone, new AccountChange { Remove = [laptop] });
    }

    public void Dispose() => _phone.Dispose();

    [Fact]
    public void What_was_kept_opens_again()
    {
        using var state = Open(Kept(_account.Now.Tell()));
        Assert.True(state.TryOpenKept());
        Assert.Equal(_account.Now.Manifest.Hash, state.Vault.Manifest.Hash);
        Assert.Equal(_account.Now.Links.Select(l => l.Hash), state.Vault.Chain.Hashes);
        Assert.Equal(_account.Now.Tell().Encode(), state.Vault.ToBundle().Encode());
    }

    [Fact]
    public void Signatures_that_were_verified_by_the_rules_of_today_are_not_verified_once_more_and_older_ones_are()
    {
        var links = _account.Now.Links;
        var told = _account.Now.Tell();
        var link = Forge.Link(links[1].Link, signaturesOf: Resigned(links[1]));
        var forged = told with { Links = told.Links.SetItem(1, link.Bytes) };
        using (var today = Open(Kept(forged))) Assert.True(today.TryOpenKept());
        using (var older = Open(Older(Kept(forged)))) Assert.False(older.TryOpenKept());
        using (var honest = Open(Older(Kept(told)))) Assert.True(honest.TryOpenKept());
    }

    [Fact]
    public void What_breaks_a_rule_is_not_believed_however_it_was_kept()
    {
        var told = _account.Now.Tell();
        VaultBundle[] broken =
        [
            told with { Links = told.Links.RemoveAt(1) },
            told with { Links = told.Links.RemoveAt(2) },
            told with { First = 1, Links = told.Links.RemoveAt(0) },
            told with { Links = told.Links.SetItem(1, new byte[40]) },
            told with { Keysets = [.. _account.History[0].Keysets.Select(k => k.Bytes)] },
            told with { Manifest = _account.History[1].Manifest.Bytes },
            told with { Manifest = Forge.Flip(told.Manifest.Span, told.Manifest.Length - 1) },
        ];
        Assert.All(broken, bundle =>
        {
            using var state = Open(Kept(bundle));
            Assert.False(state.TryOpenKept());
        });
        using var other = Open(Kept(told), app: "other.example");
        Assert.False(other.TryOpenKept());
    }

    [Fact]
    public void A_state_that_an_older_version_kept_stays_one_until_the_vault_is_verified()
    {
        using var older = DeviceState.Decode(Older(Kept(_account.Now.Tell())));
        Assert.False(older.IsVerified);
        Assert.Equal(Older(Kept(_account.Now.Tell())), Encoded(older));
        using var since = older.With(_account.Read(_phone), TestHome.Keys[0]);
        using var again = DeviceState.Decode(Encoded(since));
        Assert.True(again.IsVerified);
    }

    [Fact]
    public void A_state_of_no_known_version_is_not_read_and_one_of_a_newer_version_is_told_as_such()
    {
        var bytes = Kept(_account.Now.Tell());
        bytes[VersionAt] = 0;
        Assert.Throws<WireFormatException>(() => DeviceState.Decode(bytes));
        bytes[VersionAt] = 4;
        Assert.Throws<UpgradeRequiredException>(() => DeviceState.Decode(bytes));
    }

    [Fact]
    public void Of_vaults_that_restores_replaced_the_first_and_the_newest_are_kept()
    {
        using var state = DeviceState.Decode(Kept(_account.Now.Tell()));
        var states = new List<DeviceState> { state };
        for (var at = 1UL; at <= 6; at++)
            states.Add(states[^1].With(
                new ReplacedVault(_account.Now.Tell(), default, at, ProtocolFault.ForkedManifest)));
        using var again = DeviceState.Decode(Encoded(states[^1]));
        Assert.Equal([1UL, 4, 5, 6], again.Replaced.Select(r => r.RestoredAt));
        Assert.All(again.Replaced, r => Assert.Equal(ProtocolFault.ForkedManifest, r.Fault));
        using var dismissed = again.WithoutReplaced();
        Assert.Empty(dismissed.Replaced);
        states.ForEach(s => s.Dispose());
    }

    private SignedChainLink Resigned(SignedChainLink link) =>
        Forge.Link(link.Link with { Time = 1 }, _phone, [.. link.Link.Add.Select(_ => _phone)]);

    /// <summary>As this version keeps it: the bundle is put in place of one that was verified.</summary>
    private byte[] Kept(VaultBundle bundle)
    {
        using var state = new DeviceState(
            _account.Now.Account, _phone.Id, SecretBytes.Copy(_seed), SecretBytes.Copy(_kemSeed), bundle, default)
        {
            HomeKey = TestHome.Keys[0],
        };
        var bytes = Encoded(state);
        Assert.Equal(2, bytes[VersionAt]);
        bytes[VersionAt] = 3;
        return bytes;
    }

    private static byte[] Encoded(DeviceState state)
    {
        using var encoded = state.Encode();
        return encoded.Span.ToArray();
    }

    private static byte[] Older(byte[] kept)
    {
        var bytes = kept.ToArray();
        bytes[VersionAt] = 2;
        return bytes;
    }

    private static VaultState Open(byte[] kept, string app = TestAccount.DefaultApp) => new(
        new KeyRecoveryOptions { App = app, Server = new Uri("https://keys.example.org") }, null!, null!,
        DeviceState.Decode(kept));
}
