using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Passphrases;

/// <summary>
/// Realms that lie, and a home server that plays realms: each is refused and named, and never told as a wrong
/// passphrase.
/// </summary>
[Collection(RealmTests.Name)]
public sealed class LyingRealmTests(RealmsFixture fixture) : IDisposable
{
    private const string Right = PassphraseWorld.Right;

    private readonly RogueRealm _rogue = new();
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly string _subject = $"user-{Guid.NewGuid():N}";

    private static readonly Dictionary<string, (RealmFault Fault,
        Func<RogueRealm, RealmEvaluate, RealmStatus, byte[]> Tell)> Lies = new()
        {
            ["another element"] = (RealmFault.Proof,
                (rogue, guess, honest) =>
                    rogue.Sign(honest with { Evaluation = honest.Evaluation! with { Evaluated = guess.Blinded } })),
            ["the proof of another evaluation"] = (RealmFault.Proof, (rogue, _, honest) =>
                rogue.Sign(
                    honest with { Evaluation =
                        honest.Evaluation! with { Proof = rogue.Evaluate(honest.Evaluation.Evaluated).Proof } })),
            ["another share, proven"] = (RealmFault.Proof, (rogue, guess, honest) =>
            {
                using var other = OprfKeyShares.Split(1, 1, SystemRandom.Instance);
                return rogue.Sign(honest with { Evaluation = rogue.Evaluate(guess.Blinded, other.Shares[0]) });
            }),
            ["the identity"] = (RealmFault.Element, (rogue, _, honest) => rogue.SignElement(honest, new byte[32])),
            ["a point that is not canonical"] =
                (RealmFault.Element, (rogue, _, honest) =>
                    rogue.SignElement(honest, [.. Enumerable.Repeat((byte)0xFF, 32)])),
            ["nothing"] = (RealmFault.Element, (rogue, _, honest) => rogue.Sign(honest with { Evaluation = null })),
            ["another realm's name"] =
                (RealmFault.OtherRequest, (rogue, _, honest) => rogue.Sign(honest with { Realm = Hash256.Of([1]) })),
            ["another slot"] = (RealmFault.OtherRequest,
                (rogue, _, honest) => rogue.Sign(honest with { Slot = default })),
            ["an older answer"] = (RealmFault.OtherRequest,
                (rogue, _, honest) => rogue.Sign(honest with { Request = Hash256.Of([1]) })),
            ["somebody else's signature"] = (RealmFault.Signature, (_, _, honest) =>
            {
                using var other = SigningKey.FromSeed(RogueRealm.Random());
                return honest.Sign(other);
            }),
            ["garbage"] = (RealmFault.Malformed, (_, _, _) => [1, 2, 3]),
        };

    public static TheoryData<string> AllLies => [.. Lies.Keys];

    public void Dispose()
    {
        _rogue.Dispose();
        _code.Dispose();
    }

    [Theory]
    [MemberData(nameof(AllLies))]
    public async Task One_liar_of_three_is_named_and_the_others_suffice(string lie)
    {
        using var phone = Device(honest: [0, 1]);
        using var vault = await CreateAsync(phone, threshold: 2);
        using var laptop = Device(honest: [0, 1]);
        _rogue.Lie = Lies[lie].Tell;

        // The liar answers from inside this process, so that it is always among the first.
        using var session = TestDevice.Value(await GuessAsync(laptop));

        var report = Assert.Single(session.RealmReports);
        Assert.Equal(("rogue", Lies[lie].Fault), (report.Realm, report.Fault));
        Assert.Equal(1, TestDevice.Value(await session.CheckItemsAsync()));
    }

    [Theory]
    [MemberData(nameof(AllLies))]
    public async Task Alone_it_is_refused_and_named_and_nothing_derived_is_sent(string lie)
    {
        using var phone = Device(honest: []);
        using var vault = await CreateAsync(phone, threshold: 1);
        using var laptop = Device(honest: []);
        _rogue.Lie = Lies[lie].Tell;

        var failure = Assert.IsType<ClientFailure.RealmLied>(TestDevice.Failure(await GuessAsync(laptop)));

        Assert.Equal(("rogue", Lies[lie].Fault), (failure.Realm, failure.Fault));
        Assert.DoesNotContain("Signature", Sent(laptop), StringComparison.Ordinal);
        // The control: honest again, it recovers.
        _rogue.Lie = null;
        using var session = TestDevice.Value(await GuessAsync(laptop));
        Assert.Contains("Signature", Sent(laptop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_at_a_realms_address_with_other_keys_gets_no_share_and_no_guess()
    {
        using var other = new RogueRealm();
        using var phone = Device(honest: [0, 1]);
        _rogue.Pretends = other.Identity;
        using var vault =
            TestDevice.Value(
                await phone.Client.CreateAsync(
                    await TokenAsync(), new CreateOptions { DeviceName = "phone", Code = _code }));
        using var passphrase = RealmsFixture.Of(Right);

        var failure = Assert.IsType<ClientFailure.RealmLied>(
            TestDevice.Failure(await vault.Passphrase.SetAsync(passphrase, await fixture.SetAsync(_subject))));

        Assert.Equal(("rogue", RealmFault.Identity), (failure.Realm, failure.Fault));
        Assert.DoesNotContain("/v1/realm/register", Sent(phone), StringComparison.Ordinal);
    }

    [Fact]
    public async Task F10_a_head_that_the_home_has_not_signed_names_its_realm_and_holds_nobody_up()
    {
        using var phone = Device(honest: [0, 1]);
        using var vault = await CreateAsync(phone, threshold: 2);
        using var laptop = Device(honest: [0, 1]);
        using var other = SigningKey.FromSeed(RogueRealm.Random());
        _rogue.Lie = (rogue, _, honest) => rogue.Tell(honest, new RealmHeads(SignedHead.Sign(
            honest.Told.Heads.Head.Head with { Chain = new ChainPlace(CborOut.MaxInteger, Hash256.Of([7])) }, other),
            []));

        using var session = TestDevice.Value(await GuessAsync(laptop));

        // It answers from inside this process, and so before the servers.
        var report = Assert.Single(session.RealmReports);
        Assert.Equal(("rogue", RealmFault.Head), (report.Realm, report.Fault));
        Assert.Equal(1, TestDevice.Value(await session.CheckItemsAsync()));
    }

    [Fact]
    public async Task F10_a_realm_that_shows_a_device_what_the_home_has_not_signed_is_named()
    {
        using var phone = Device(honest: []);
        using var vault = await CreateAsync(phone, threshold: 1);
        Assert.Null(Assert.Single(TestDevice.Value(await vault.Passphrase.StatusAsync())).Concern);
        using var other = SigningKey.FromSeed(RogueRealm.Random());
        _rogue.Status = honest => honest with
        {
            Told = honest.Told with
            {
                Heads = new RealmHeads(SignedHead.Sign(honest.Told.Heads.Head.Head, other), []),
            },
        };

        var concern = Assert.Single(TestDevice.Value(await vault.Passphrase.StatusAsync())).Concern;

        Assert.Equal(RealmFault.Head, Assert.IsType<ClientFailure.RealmLied>(concern).Fault);
    }

    [Fact]
    public async Task A_home_server_that_plays_every_realm_with_keys_of_its_own_learns_nothing()
    {
        // The account exists and was set up honestly at two realms; the thief of the home server shows a slot of his
        // own making.
        using var phone = Device(honest: [0, 1]);
        using var vault = await CreateAsync(phone, threshold: 2);
        using var laptop = new TestDevice(fixture.Home.Address, "demo", o => o with { Attempts = 1 });
        using var forged = new ForgedHome(vault);
        laptop.Relay.OnRequest = forged.Answer;
        laptop.Relay.OnAnswer = forged.Change;

        var failure = TestDevice.Failure(await GuessAsync(laptop));

        Assert.IsType<ClientFailure.WrongPassphrase>(failure);
        Assert.Equal(1, forged.Guesses);
        Assert.DoesNotContain("Signature", Sent(laptop), StringComparison.Ordinal);
        Assert.DoesNotContain("/v1/realm/reset", Sent(laptop), StringComparison.Ordinal);
        Assert.DoesNotContain(
            "POST " + new Uri(fixture.Home.Address, "/v1/recovery") + "\n", Sent(laptop), StringComparison.Ordinal);
    }

    private static string Sent(TestDevice device) =>
        System.Text.Encoding.Latin1.GetString(device.Relay.Recorded.ToArray());

    private Task<string> TokenAsync() => fixture.Home.TokenAsync(_subject);

    private TestDevice Device(int[] honest)
    {
        var rogue = new PinnedRealm {
            Name = "rogue", Server = RogueRealm.Address, Fingerprint = _rogue.Identity.ToString(),
            Token = _ => ValueTask.FromResult("rogues.token"),
        };
        var device = new TestDevice(fixture.Home.Address, "demo", options => options with
        {
            RealmGenerations = [new RealmGeneration([.. fixture.Pins(_subject, honest).Realms, rogue])],
            Attempts = 1,
        });
        device.Relay.OnRequest = _rogue.Answer;
        return device;
    }

    private async Task<VaultSession> CreateAsync(TestDevice phone, int threshold)
    {
        var vault = await phone.CreateAsync(
            await TokenAsync(), _code, "phone", new ItemEdit.Put("identity", "kept"u8.ToArray()));
        using var passphrase = RealmsFixture.Of(Right);
        TestDevice.Value(await vault.Passphrase.SetAsync(passphrase, await fixture.SetAsync(_subject, threshold)));
        return vault;
    }

    private async Task<Result<RecoverySession>> GuessAsync(TestDevice device)
    {
        using var passphrase = RealmsFixture.Of(Right);
        return await device.Client.BeginPassphraseRecoveryAsync(passphrase, await TokenAsync());
    }
}
