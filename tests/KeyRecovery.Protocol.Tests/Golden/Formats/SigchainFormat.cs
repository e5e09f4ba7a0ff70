using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>
/// The rules of a sigchain: what a list of signed links says, or which rule its last link breaks.
/// </summary>
internal sealed class SigchainFormat() : GoldenFormat("sigchain", "§3")
{
    public override IEnumerable<(string, JsonObject)> Valid()
    {
        var world = new GoldenWorld();
        for (var length = 1; length <= world.Account.Now.Links.Length; length++)
            yield return ($"{length} links", Told(world.Account.Now.Links.Take(length)));
        var head = world.Account.Now.Links[^1];
        yield return ("mended",
            Told([.. world.Account.Now.Links,
                Forge.Link(SigchainPaths.Begins(Next(head), 2), world.Tablet)]));
        foreach (var (name, links) in SigchainPaths.Valid()) yield return (name, Told(links));
        foreach (var (name, links) in SigchainCaps.Valid()) yield return (name, Told(links));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var world = new GoldenWorld();
        var (phone, laptop, code, mallory) = (world.Phone, world.Laptop, world.Code, world.Mallory);
        var start = world.Account.Now.Links[0];
        var both = GoldenWorld.Sorted(phone, code);

        (string, JsonObject, string) First(string name, ProtocolFault fault, Func<ChainLink, ChainLink> change,
            TestAuthority? signer = null, TestAuthority[]? added = null) =>
            (name, Told([Forge.Link(change(start.Link), signer ?? phone, added ?? both)]), fault.ToString());
        var passphrase = code.Entry with { Kind = AuthorityKind.Passphrase };
        var three = GoldenWorld.Sorted(phone, code, laptop);
        yield return First("link 0: seq is 1", ProtocolFault.DroppedLink, l => l with { Sequence = 1 });
        yield return First("link 0: another nonce", ProtocolFault.OtherBeginning, l => l with { Previous = default });
        yield return First("link 0: another account", ProtocolFault.OtherBeginning, l => l with { Account = default });
        yield return First("link 0: another device", ProtocolFault.OtherBeginning,
            l => l with { Add = [mallory.Entry], Signer = mallory.Id }, mallory, [mallory]);
        yield return First("link 0: no device", ProtocolFault.OtherBeginning,
            l => l with { Add = [code.Entry], Signer = code.Id }, code, [code]);
        yield return First("link 0: two devices", ProtocolFault.OtherBeginning,
            l => l with { Add = [.. three.Select(a => a.Entry)] }, phone, three);
        yield return First("link 0: a passphrase", ProtocolFault.OtherBeginning,
            l => l with { Add = [.. both.Select(a => a == code ? passphrase : a.Entry)] });
        yield return ("link 0: another app's",
            new JsonObject { ["appId"] = "drive.example", ["links"] = Links([start]) },
            nameof(ProtocolFault.OtherBeginning));
        yield return First(
            "link 0: its code is the signer", ProtocolFault.UnknownSigner, l => l with { Signer = code.Id }, code);
        yield return First("link 0: signed by another key", ProtocolFault.LinkSignature, l => l, mallory);
        yield return First(
            "link 0: possession by another key", ProtocolFault.Possession, l => l, phone, [mallory, mallory]);
        yield return First(
            "link 0: removes somebody", ProtocolFault.UnknownRemoval, l => l with { Remove = [laptop.Id] });
        yield return First("link 0: epoch is 2", ProtocolFault.EpochRule, l => l with { Epoch = 2 });
        yield return First("link 0: has a previous epoch key", ProtocolFault.EpochRule,
            l => l with { PreviousEpoch = 1, PreviousEpochKey = new byte[48] });
        var oneKey = code.Entry with { KemKeyHash = phone.Entry.KemKeyHash };
        yield return First("link 0: one KEM key twice", ProtocolFault.Reused,
            l => l with { Add = [.. both.Select(a => a == code ? oneKey : a.Entry)] });

        SignedChainLink[] before = [start, world.Account.Now.Links[1]];
        (string, JsonObject, string) Third(string name, ProtocolFault fault, Func<ChainLink, ChainLink> change,
            TestAuthority? signer = null, params TestAuthority[] added) =>
            (name, Told([.. before, Forge.Link(change(Next(before[1])), signer ?? phone, added)]), fault.ToString());
        ChainLink Adds(ChainLink link, NewAuthority entry) => link with { Add = [entry] };
        ChainLink Begins(ChainLink link) =>
            SigchainPaths.Begins(link, 1);

        yield return Third("another account", ProtocolFault.OtherAccount,
            l => Adds(l, mallory.Entry) with { Account = default }, phone, mallory);
        yield return Third("seq has a gap", ProtocolFault.DroppedLink,
            l => Adds(l, mallory.Entry) with { Sequence = 3 }, phone, mallory);
        yield return Third("seq comes again", ProtocolFault.DroppedLink,
            l => Adds(l, mallory.Entry) with { Sequence = 1 }, phone, mallory);
        yield return Third("prev is another link", ProtocolFault.BrokenChain,
            l => Adds(l, mallory.Entry) with { Previous = start.Hash }, phone, mallory);
        yield return Third("signer is nobody", ProtocolFault.UnknownSigner,
            l => Adds(l, mallory.Entry) with { Signer = mallory.Id }, mallory, mallory);
        yield return Third(
            "signed by another's key", ProtocolFault.LinkSignature, l => Adds(l, mallory.Entry), laptop, mallory);
        yield return Third(
            "possession by the signer's key", ProtocolFault.Possession, l => Adds(l, mallory.Entry), phone, phone);
        yield return (
            "possession under the link's label",
            Told([.. before, SwapLabels(Adds(Next(before[1]), mallory.Entry), phone, mallory)]),
            nameof(ProtocolFault.LinkSignature));
        yield return Third("removes nobody that is known", ProtocolFault.UnknownRemoval,
            l => Begins(l) with { Remove = [mallory.Id] });
        yield return Third(
            "removes its signer", ProtocolFault.RemovesSigner, l => Begins(l) with { Remove = [phone.Id] });
        yield return Third(
            "removes and begins no epoch", ProtocolFault.EpochRule, l => l with { Remove = [laptop.Id] });
        yield return Third("skips an epoch", ProtocolFault.EpochRule, l => Begins(l) with { Epoch = 3 });
        yield return Third("goes back an epoch", ProtocolFault.EpochRule,
            l => Adds(l, mallory.Entry) with { Epoch = 0 }, phone, mallory);
        yield return Third("begins an epoch without the previous key", ProtocolFault.EpochRule,
            l => Begins(l) with { PreviousEpoch = 0, PreviousEpochKey = default });
        yield return Third("previous key without a new epoch", ProtocolFault.EpochRule,
            l => Adds(l, mallory.Entry) with { PreviousEpoch = 1, PreviousEpochKey = new byte[48] }, phone, mallory);
        yield return Third("another commitment in the same epoch", ProtocolFault.EpochRule,
            l => Adds(l, mallory.Entry) with { EpochCommit = default }, phone, mallory);
        yield return Third("does nothing", ProtocolFault.NoPurpose, l => l);
        yield return Third("an id comes again", ProtocolFault.Reused,
            l => Adds(l, mallory.Entry with { Id = laptop.Id }), phone, mallory);
        yield return Third("a signing key comes again", ProtocolFault.Reused,
            l => Adds(l, mallory.Entry with { SigningKey = laptop.Signing.PublicKey }), phone, laptop);
        yield return Third("a KEM key comes again", ProtocolFault.Reused,
            l => Adds(l, mallory.Entry with { KemKeyHash = code.Kem.PublicKey.Hash }), phone, mallory);
        yield return Third("removed and added in one link", ProtocolFault.Reused,
            l => Begins(Adds(l, laptop.Entry)) with { Remove = [laptop.Id] }, phone, laptop);

        var head = world.Account.Now.Links[^1];
        yield return (
            "a removed device comes again",
            Told([.. world.Account.Now.Links,
                Forge.Link(Next(head) with { Add = [phone.Entry], Signer = world.Tablet.Id }, world.Tablet, phone)]),
                nameof(ProtocolFault.Reused));
        yield return (
            "a removed device signs",
            Told([.. world.Account.Now.Links,
                Forge.Link(Next(head) with { Add = [mallory.Entry], Signer = phone.Id }, phone, mallory)]),
                nameof(ProtocolFault.UnknownSigner));
        foreach (var (name, links) in SigchainPaths.Invalid())
            yield return (name, Told(links), nameof(ProtocolFault.EpochRule));
        foreach (var (name, links) in SigchainCaps.Invalid())
            yield return (name, Told(links), nameof(ProtocolFault.TooManyAuthorities));
    }

    public override JsonObject Write(JsonObject inputs)
    {
        var chain = Assert.IsType<ChainStep.Ok>(Run(inputs)).Chain;
        return new JsonObject
        {
            ["account"] = Hex(chain.Account.ToArray()),
            ["chainSeq"] = chain.Place.Sequence,
            ["chainHash"] = Hex(chain.Place.Hash.ToArray()),
            ["epoch"] = chain.Epoch,
            ["path"] = new JsonArray([.. SigchainPaths.Walk(chain).Select(epoch => (JsonNode)epoch)]),
            ["keysetHashes"] = HexArray(chain.Current.Keysets.Select(hash => hash.ToArray())),
            ["active"] = HexArray(chain.Active.Select(a => a.Id.ToArray())),
            ["removed"] = HexArray(chain.Authorities.Values.Where(a => !a.IsActive).Select(a => a.Id.ToArray())),
            ["newestRemoval"] = chain.LastRemoval is { } removal ? removal.Sequence : null,
        };
    }

    protected override string Judge(JsonObject told) =>
        Run(told) is ChainStep.Refused refused ? Verdict(refused.Fault) : Accepted;

    private static ChainStep Run(JsonObject told)
    {
        ChainStep? step = null;
        foreach (var link in told.BytesList("links").Select(bytes => SignedChainLink.Decode(bytes)))
        {
            step = step is null ? Chain.Start(told.Text("appId"), link)
                : Assert.IsType<ChainStep.Ok>(step).Chain.Append(link);
        }

        return step!;
    }

    private static ChainLink Next(SignedChainLink head) => head.Link with
    {
        Sequence = head.Link.Sequence + 1, Previous = head.Hash, PreviousEpoch = 0, PreviousEpochKey = default,
        Add = [], Remove = [], Signer = SignerOf(head),
    };

    private static AuthorityId SignerOf(SignedChainLink head) =>
        head.Link.Remove.Length == 0 ? head.Link.Signer : head.Link.Add[0].Id;

    private static SignedChainLink SwapLabels(ChainLink link, TestAuthority signer, TestAuthority added)
    {
        var body = link.Encode();
        return SignedChainLink.Create(body, signer.Signing.Sign(SignatureLabel.LinkPossession, body),
            [added.Signing.Sign(SignatureLabel.Link, body)]);
    }

    private static JsonObject Told(IEnumerable<SignedChainLink> links) =>
        new() { ["appId"] = TestAccount.DefaultApp, ["links"] = Links(links) };

    private static JsonArray Links(IEnumerable<SignedChainLink> links) =>
        HexArray(links.Select(l => l.Bytes.ToArray()));
}
