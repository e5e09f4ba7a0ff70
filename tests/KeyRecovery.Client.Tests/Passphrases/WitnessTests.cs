using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Passphrases;

/// <summary>
/// F07, F10: what a passphrase that starts from nothing makes of the signed heads that its realms were told. The home
/// that the new machine talks to shows what it likes, under its own audit key.
/// </summary>
[Collection(RealmTests.Name)]
public sealed class WitnessTests(RealmsFixture fixture) : IDisposable
{
    private readonly RogueRealm _realm = new();
    private readonly SigningKey _home = SigningKey.FromSeed(RogueRealm.Random());
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly string _subject = $"user-{Guid.NewGuid():N}";
    private readonly List<VaultBundle> _told = [];

    public void Dispose()
    {
        _realm.Dispose();
        _home.Dispose();
        _code.Dispose();
    }

    [Fact]
    public async Task A_vault_that_goes_on_from_the_realms_head_is_taken()
    {
        using var phone = await PrepareAsync();
        using var laptop = Laptop(_ => _told[1]);
        _realm.Lie = (realm, _, honest) => realm.Tell(honest, new RealmHeads(Head(_told[0]), []));

        using var session = TestDevice.Value(await GuessAsync(laptop));

        Assert.Empty(session.RealmReports);
        Assert.Equal(2, session.Items.Length);
    }

    [Fact]
    public async Task F07_an_older_one_is_a_roll_back_with_the_head_and_going_on_is_an_explicit_argument()
    {
        using var phone = await PrepareAsync();
        var reads = 0;
        using var laptop = Laptop(_ =>
        {
            reads++;
            return _told[0];
        });
        _realm.Lie = (realm, _, honest) => realm.Tell(honest, new RealmHeads(Head(_told[1]), []));

        var failure = Assert.IsType<ClientFailure.RolledBackByRealm>(TestDevice.Failure(await GuessAsync(laptop)));

        Assert.Equal(("rogue", 2), (failure.Realm, reads));
        Assert.Equal(Head(_told[1]).Bytes.ToArray(), failure.Head.ToArray());
        using var session = TestDevice.Value(await GuessAsync(laptop, takesOlder: true));
        Assert.Single(session.Items);
    }

    [Fact]
    public async Task F07_one_that_the_home_was_restored_to_since_is_told_as_restored()
    {
        using var phone = await PrepareAsync();
        var head = Head(_told[1]);
        var claim = Claim(head.Head, head.Head.Time + 1);
        using var laptop = Laptop(_ => _told[0] with { Restored = [claim.Bytes] });
        _realm.Lie = (realm, _, honest) => realm.Tell(honest, new RealmHeads(head, []));

        var failure = Assert.IsType<ClientFailure.RestoredBehindRealm>(TestDevice.Failure(await GuessAsync(laptop)));

        Assert.Equal("rogue", failure.Realm);
        Assert.Equal(ToldTime.At(claim.Claim.Time), failure.RestoredAt);
        using var session = TestDevice.Value(await GuessAsync(laptop, takesOlder: true));
        Assert.Single(session.Items);
    }

    [Fact]
    public async Task F07_a_restore_before_the_head_or_not_below_it_explains_nothing()
    {
        using var phone = await PrepareAsync();
        var head = Head(_told[1]);
        SignedClaim[] claims =
        [
            Claim(head.Head, head.Head.Time),
            Claim(head.Head with { Manifest = head.Head.Manifest with { Version = head.Head.Manifest.Version + 1 } },
                head.Head.Time + 1),
        ];
        foreach (var claim in claims)
        {
            using var laptop = Laptop(_ => _told[0] with { Restored = [claim.Bytes] });
            _realm.Lie = (realm, _, honest) => realm.Tell(honest, new RealmHeads(head, []));
            Assert.IsType<ClientFailure.RolledBackByRealm>(TestDevice.Failure(await GuessAsync(laptop)));
        }
    }

    [Fact]
    public async Task F07_another_manifest_of_one_version_is_a_lie_with_both_signatures_as_evidence()
    {
        using var phone = await PrepareAsync();
        using var laptop = Laptop(_ => _told[1]);
        var head = Head(_told[1]).Head;
        var other = SignedHead.Sign(
            head with { Manifest = head.Manifest with { Hash = Hash256.Of([7]) } }, _home);
        _realm.Lie = (realm, _, honest) => realm.Tell(honest, new RealmHeads(other, []));

        var failure = Assert.IsType<ClientFailure.RolledBackByRealm>(TestDevice.Failure(await GuessAsync(laptop)));

        Assert.Equal(other.Bytes.ToArray(), failure.Evidence!.Known.ToArray());
        Assert.Equal(_told[1].Head.ToArray(), failure.Evidence.Served.ToArray());
    }

    [Fact]
    public async Task F07_a_replaced_head_that_the_vault_lacks_is_told_too()
    {
        using var phone = await PrepareAsync();
        var (now, before) = (Head(_told[0]), Head(_told[1]));
        var claim = Claim(before.Head, before.Head.Time + 1);
        using var laptop = Laptop(_ => _told[0]);
        _realm.Lie = (realm, _, honest) => realm.Tell(honest, new RealmHeads(now, [claim], Replaced: before));

        Assert.IsType<ClientFailure.RestoredBehindRealm>(TestDevice.Failure(await GuessAsync(laptop)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task F07_a_home_that_keeps_the_hashes_back_is_asked_for_them_and_has_to_prove_it(bool isHonest)
    {
        using var phone = await PrepareAsync();
        var asked = new List<ulong>();
        using var laptop = Laptop(after =>
        {
            asked.Add(after);
            return after == 1 || !isHonest ? _told[1] with { Hashes = [] }
                : _told[1] with { Hashes = [.. _told[1].Hashes.Skip((int)after - 1)] };
        });
        _realm.Lie = (realm, _, honest) => realm.Tell(honest, new RealmHeads(Head(_told[0]), []));
        var result = await GuessAsync(laptop);

        if (isHonest) TestDevice.Value(result).Dispose();
        else Assert.IsType<ClientFailure.RolledBackByRealm>(TestDevice.Failure(result));
        Assert.Equal(Head(_told[0]).Head.Manifest.Version, asked[1]);
    }

    [Fact]
    public async Task A_commit_that_races_the_reading_is_no_roll_back()
    {
        using var phone = await PrepareAsync();
        var reads = 0;
        using var laptop = Laptop(_ => reads++ == 0 ? _told[0] : _told[1]);
        _realm.Lie = (realm, _, honest) => realm.Tell(honest, new RealmHeads(Head(_told[1]), []));

        using var session = TestDevice.Value(await GuessAsync(laptop));
        Assert.Equal((2, 2), (session.Items.Length, reads));
    }

    [Fact]
    public async Task Where_all_realms_know_the_home_by_another_key_the_home_is_not_believed()
    {
        using var phone = await PrepareAsync();
        using var laptop = Laptop(_ => _told[1]);
        using var other = SigningKey.FromSeed(RogueRealm.Random());
        _realm.Lie = (realm, _, honest) =>
            realm.Tell(honest, new RealmHeads(SignedHead.Sign(Head(_told[1]).Head, other), []));

        Assert.IsType<ClientFailure.HomeKeyChanged>(TestDevice.Failure(await GuessAsync(laptop)));
    }

    [Fact]
    public async Task A_home_that_tells_another_key_of_the_slot_is_accused_and_the_passphrase_not_called_wrong()
    {
        using var phone = await PrepareAsync();
        using var laptop = Laptop(_ => _told[1]);
        using var other = SigningKey.FromSeed(RogueRealm.Random());
        var tell = laptop.Relay.OnAnswer!;
        laptop.Relay.OnAnswer = (request, body) =>
        {
            if (request.RequestUri!.AbsolutePath != "/v1/recovery/slots") return tell(request, body);
            var told = JsonNode.Parse(body)!;
            told["slots"]![0]!["signingKey"] = other.PublicKey.ToString();
            return JsonSerializer.SerializeToUtf8Bytes(told);
        };
        _realm.Lie = (realm, _, honest) => realm.Tell(honest, new RealmHeads(Head(_told[1]), []));

        Assert.IsType<ClientFailure.ServerLied>(TestDevice.Failure(await GuessAsync(laptop)));
    }

    // Two states of an account, the older one first, as the home signs them.
    private async Task<TestDevice> PrepareAsync(params int[] honest)
    {
        var phone = Device(honest);
        var token = await fixture.Home.TokenAsync(_subject);
        using var vault = await phone.CreateAsync(token, _code, "phone", new ItemEdit.Put("one", "1"u8.ToArray()));
        using var passphrase = RealmsFixture.Of(PassphraseWorld.Right);
        TestDevice.Value(await vault.Passphrase.SetAsync(passphrase, await fixture.SetAsync(_subject)));
        await ListenAsync();
        TestDevice.Value(await vault.PutAsync("two", "2"u8.ToArray()));
        await ListenAsync();
        return phone;
    }

    private async Task ListenAsync()
    {
        using var listener = Device([]);
        listener.Relay.OnAnswer = (request, body) =>
        {
            if (request.RequestUri!.AbsolutePath == "/v1/recovery") _told.Add(Sign(VaultBundle.Decode(body)));
            return body;
        };
        using var passphrase = RealmsFixture.Of(PassphraseWorld.Right);
        using var code = TestDevice.Value(await listener.Client.BeginRecoveryAsync(_code));
    }

    private VaultBundle Sign(VaultBundle told) =>
        told with { Head = SignedHead.Sign(SignedHead.Decode(told.Head).Head, _home).Bytes };

    private static SignedHead Head(VaultBundle told) => SignedHead.Decode(told.Head);

    private SignedClaim Claim(AccountHead head, ulong time)
    {
        var below = Head(_told[0]).Head;
        return SignedClaim.Sign(new RestoredClaim(
            new RestoreId(RogueRealm.Random().AsSpan(0, 16)), head.Account, below.Chain.Sequence,
            head.Manifest.Version > Head(_told[1]).Head.Manifest.Version
                ? head.Manifest.Version : below.Manifest.Version, time), _home);
    }

    // A new machine, to which the home tells a vault, asked for with the hashes from a version on.
    private TestDevice Laptop(Func<ulong, VaultBundle> tell, params int[] honest)
    {
        var laptop = Device(honest, options => options with { HomeKeys = [_home.PublicKey] });
        ulong after = 1;
        var rogue = laptop.Relay.OnRequest!;
        laptop.Relay.OnRequest = (request, body) =>
        {
            if (request.RequestUri!.AbsolutePath == "/v1/recovery")
                after = JsonDocument.Parse(body).RootElement.GetProperty("manifestAfter").GetUInt64();
            return rogue(request, body);
        };
        laptop.Relay.OnAnswer = (request, body) =>
            request.RequestUri!.AbsolutePath == "/v1/recovery" ? tell(after).Encode() : body;
        return laptop;
    }

    private TestDevice Device(int[] honest, Func<KeyRecoveryOptions, KeyRecoveryOptions>? adjust = null)
    {
        var rogue = new PinnedRealm
        {
            Name = "rogue", Server = RogueRealm.Address, Fingerprint = _realm.Identity.ToString(),
            Token = _ => ValueTask.FromResult("rogues.token"),
        };
        var device = new TestDevice(fixture.Home.Address, "demo", options => (adjust ?? (o => o))(options with
        {
            RealmGenerations = [new RealmGeneration([.. fixture.Pins(_subject, honest).Realms, rogue])], Attempts = 1,
        }));
        device.Relay.OnRequest = _realm.Answer;
        return device;
    }

    private async Task<Result<RecoverySession>> GuessAsync(TestDevice device, bool takesOlder = false)
    {
        using var passphrase = RealmsFixture.Of(PassphraseWorld.Right);
        return await device.Client.BeginPassphraseRecoveryAsync(
            passphrase, await fixture.Home.TokenAsync(_subject), takesOlder);
    }
}
