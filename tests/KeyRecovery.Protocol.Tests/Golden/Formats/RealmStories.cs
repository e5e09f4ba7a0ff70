using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>
/// A realm that saw an account's second state, of two devices and a code, and what it is told afterwards: by the same
/// history, and by another one that parts from it behind the first state.
/// </summary>
internal static class RealmStories
{
    private const ulong Since = TestHome.Now;
    private const ulong Wait = RealmLimits.KnownSeconds;
    private const ulong Month = Since + 60 + RealmLimits.ForkSeconds;

    private static readonly Hash256 Realm = new(new TestRandom(4300).Bytes(32));

    public static IEnumerable<(string Name, JsonObject Told)> Valid()
    {
        var w = new World();
        yield return ("the same head again", w.Told(w.Second, []));
        yield return ("an older head", w.Told(w.First, []));
        yield return ("an older head of the whole chain, with its links", w.Told(w.First, w.First.Links));
        yield return ("a newer manifest on the same link", w.Told(w.Third, []));
        yield return ("a newer link from the realm's on", w.Told(w.Last, w.Last.Links[2..]));
        yield return ("a newer link with the whole chain", w.Told(w.Last, w.Last.Links));
        var lost = w.Lost;
        yield return ("another link at one place", w.Told(lost[0], lost[0].Links, at: Since + 60));
        yield return ("another manifest of one version", w.Told(w.Twin, [], at: Since + 60));
        yield return ("a longer chain that does not lead through the realm's link", w.Told(lost[^1], lost[^1].Links));
        yield return ("the same, under a claim alone", w.Told(lost[^1], lost[^1].Links, claims: [w.Claim(0, 1)]));
        yield return ("the same, under a word alone", w.Told(lost[^1], lost[^1].Links, fork: w.Fork()));
        yield return ("under a claim and the word of one known for 72 hours", w.Restored());
        yield return ("the word comes a second early", w.Restored().With(new JsonObject {
            ["at"] = Since + Wait - 1,
        }));
        yield return ("the word of one that the realm does not know",
            w.Told(lost[^1], lost[^1].Links, [w.Claim(0, 1)], w.Fork(by: w.Stranger)));
        yield return ("the word for another realm",
            w.Told(lost[^1], lost[^1].Links, [w.Claim(0, 1)], w.Fork(default(Hash256))));
        yield return ("a claim from the realm's link on",
            w.Told(lost[^1], lost[^1].Links, [w.Claim(1, 1)], w.Fork()));
        yield return ("a claim before the realm's head",
            w.Told(lost[^1], lost[^1].Links, [w.Claim(0, 1, Since)], w.Fork()));
        yield return ("a claim after the new head",
            w.Told(lost[^1], lost[^1].Links, [w.Claim(0, 1, Since + 2 * Wait)], w.Fork()));

        yield return ("of a line that was told for 30 days, under a claim alone", w.Left());
        yield return ("the same, with a word that does not hold",
            w.Left(w.Told(lost[^1], lost[^1].Links, [w.Claim(0, 1)], w.Fork(by: w.Stranger))));
        yield return ("told a second less", w.Left().With(new JsonObject { ["at"] = Month - 1 }));
        yield return ("told for 30 days, without a claim", w.Left(w.Told(lost[^1], lost[^1].Links)));
        yield return ("told for 30 days, another line", w.Left(w.Told(w.Apart, w.Apart.Links, [w.Claim(0, 1)])));
        yield return ("told for 30 days, the same head once more", w.Left(
            w.Told(World.HeadOf(lost[0], Since + 60), lost[0].Links)));
    }

    public static IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var w = new World();
        (string, JsonObject, string) No(string name, JsonObject told, ProtocolFault fault) =>
            (name, told, fault.ToString());
        var good = w.Told(w.Last, w.Last.Links[2..]);
        yield return No("of another home", good.With(new JsonObject { ["homeKeys"] = new JsonArray() }),
            ProtocolFault.HeadSignature);
        yield return No("of another account", w.Told(w.Else, w.Else.Links), ProtocolFault.OtherAccount);
        yield return No("a link is missing", w.Told(w.Last, []), ProtocolFault.DroppedLink);
        yield return No("links do not lead to the head", w.Told(w.Last, w.Lost[^1].Links),
            ProtocolFault.BrokenChain);
        yield return No("told for 30 days, the chain is not whole",
            w.Left(w.Told(w.Lost[^1], w.Lost[^1].Links[1..], [w.Claim(0, 1)])), ProtocolFault.DroppedLink);
        yield return No("the first head's chain is not its own", good.With(new JsonObject {
            ["firstLinks"] = World.Links(w.First.Links),
        }), ProtocolFault.HeadMismatch);
        yield return No("a link that a removed device signs", w.Told(World.Ahead(w.Removed), w.Removed.Links[2..]),
            ProtocolFault.UnknownSigner);
        yield return No("a link that its signer has not signed", w.Told(World.Ahead(w.Unsigned), w.Unsigned.Links[2..]),
            ProtocolFault.LinkSignature);
    }

    private sealed class World
    {
        private readonly TestRandom _random = new(4301);
        private readonly TestAuthority _phone, _code;

        public World()
        {
            (_phone, _code, Stranger) =
                (TestAuthority.Device(_random), TestAuthority.Code(_random), TestAuthority.Device(_random));
            var account = TestAccount.Begin(_random, _phone, [_code]);
            var laptop = TestAuthority.Device(_random);
            (TestAuthority, AccountChange) Put() =>
                (_phone, new AccountChange { Put = [(new ItemId(_random.Bytes(16)), _random.Bytes(8))] });
            ServedVault Commit((TestAuthority Signer, AccountChange Change) by)
            {
                account.Commit(by.Signer, by.Change);
                return account.Now;
            }
            First = account.Now;
            Second = Commit((_phone, new AccountChange { Add = [laptop] }));
            Third = Commit(Put());
            Last = Commit((_code, new AccountChange { Remove = [laptop] }));
            account.Return(First);
            Lost =
            [
                Commit((_phone, new AccountChange { Add = [TestAuthority.Device(_random)] })), Commit(Put()),
                Commit((_code, new AccountChange { Add = [TestAuthority.Device(_random)] })),
            ];
            Twin = TestHome.Sign(HeadOf(Second, Since + Wait).Head with {
                Manifest = new ManifestPlace(Second.Manifest.Manifest.Version, default),
            });
            Else = TestAccount.Begin(_random, Stranger).Now;
            var next = Last.Links[^1].Link with
            {
                Sequence = 2, Previous = Second.Links[^1].Hash, Remove = [], PreviousEpoch = 0,
                PreviousEpochKey = default, Epoch = 1, Add = [Stranger.Entry], Signer = Stranger.Id,
            };
            Removed = Second.With(Forge.Link(next, Stranger, Stranger));
            account.Return(First);
            Commit((_phone, new AccountChange { Add = [TestAuthority.Device(_random)] }));
            Apart = Commit(Put());
            Unsigned = Second.With(Forge.Link(next with { Signer = _phone.Id }, _code, Stranger));
        }

        public TestAuthority Stranger { get; }
        public IReadOnlyList<ServedVault> Lost { get; }
        public ServedVault First { get; }
        public ServedVault Second { get; }
        public ServedVault Third { get; }
        public ServedVault Last { get; }
        public SignedHead Twin { get; }
        public ServedVault Else { get; }
        public ServedVault Apart { get; }
        public ServedVault Removed { get; }
        public ServedVault Unsigned { get; }

        public JsonObject Told(
            ServedVault told, IEnumerable<SignedChainLink> links, SignedClaim[]? claims = null, RealmFork? fork = null,
            ulong at = Since + Wait) => Told(HeadOf(told, Since + Wait), links, claims, fork, at);

        public JsonObject Told(
            SignedHead head, IEnumerable<SignedChainLink> links, SignedClaim[]? claims = null, RealmFork? fork = null,
            ulong at = Since + Wait) => new()
        {
            ["appId"] = TestAccount.DefaultApp, ["fingerprint"] = Hex(Realm.ToArray()),
            ["homeKeys"] = HexArray(TestHome.Keys.Select(k => k.ToArray())),
            ["since"] = Since, ["first"] = Hex(HeadOf(Second, Since).Bytes), ["firstLinks"] = Links(Second.Links),
            ["at"] = at, ["head"] = Hex(head.Bytes), ["links"] = Links(links),
            ["claims"] = HexArray((claims ?? []).Select(claim => claim.Bytes.ToArray())),
            ["fork"] = fork is null ? "" : Hex(fork.Bytes),
        };

        /// <summary>After thirty days in which the realm told the other line's first head.</summary>
        public JsonObject Left(JsonObject? told = null) =>
            (told ?? Told(Lost[^1], Lost[^1].Links, [Claim(0, 1)])).With(new JsonObject
            {
                ["before"] = Hex(HeadOf(Lost[0], Since + 60).Bytes), ["beforeLinks"] = Links(Lost[0].Links),
                ["beforeAt"] = Since + 60, ["at"] = Month,
            });

        public JsonObject Restored() => Told(
            Lost[^1], Lost[^1].Links, [Claim(0, 1)], Fork());

        public SignedClaim Claim(ulong sequence, ulong version, ulong time = Since + 60) =>
            TestHome.Claim(Second.Account, sequence, version, time);

        public RealmFork Fork(Hash256? realm = null, TestAuthority? by = null) => RealmFork.Sign(
            realm ?? Realm, HeadOf(Lost[^1], Since + Wait).Head, (by ?? _code).Id, (by ?? _code).Signing);

        public static JsonArray Links(IEnumerable<SignedChainLink> links) =>
            HexArray(links.Select(link => link.Bytes.ToArray()));

        public static SignedHead Ahead(ServedVault vault)
        {
            var head = HeadOf(vault, Since + Wait).Head;
            return TestHome.Sign(head with { Manifest = new ManifestPlace(head.Manifest.Version + 1, default) });
        }

        public static SignedHead HeadOf(ServedVault vault, ulong time) => TestHome.Sign(new AccountHead(
            vault.Account, new ChainPlace((ulong)vault.Links.Length - 1, vault.Links[^1].Hash), vault.Manifest.Place,
            vault.Manifest.Manifest.Trail, time));
    }
}
