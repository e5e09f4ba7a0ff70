using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Linking;

/// <summary>
/// An existing device that offers, commits or tells something else than it should; a new one that proves something
/// else.
/// </summary>
public class RogueOffers
{
    private static readonly LinkWorld World = LinkWorld.One;

    public static TheoryData<string> Lies => [.. Offers().Keys];

    [Theory]
    [MemberData(nameof(Lies))]
    public void Z15_a_draft_that_does_anything_but_add_this_very_device_is_never_signed(string lie)
    {
        var (revealed, rogue) = LinkRogue.ExistingWithDigits();
        var (offer, reason) = Offers()[lie];
        var farewell = revealed.Receive(rogue.Seal(offer)).Fails(reason);
        Assert.Equal(new LinkMessage.Abort("failed"), rogue.Open(farewell));
    }

    [Fact]
    public void A_second_offer_is_held_to_the_same_rules_and_to_the_account_that_was_shown()
    {
        var link = World.Draft.Link;
        foreach (var offer in new[]
        {
            LinkRogue.Offer(),
            LinkRogue.Moved(link with { Sequence = link.Sequence + 1, Account = LinkWorld.Other.After.Account }),
            LinkRogue.Moved(link with { Sequence = link.Sequence + 1, Add = [World.Mallory.Entry] }),
        })
        {
            var (signed, rogue) = LinkRogue.ExistingSigned();
            signed.Receive(rogue.Seal(offer)).Fails(LinkFailure.WrongDraft);
        }
    }

    [Fact]
    public void Another_place_than_the_signed_draft_is_refused()
    {
        foreach (var place in new[] { World.Before.Vault.Chain.Place, World.Draft.Place with { Hash = default },
            World.Draft.Place with { Sequence = 9 } })
        {
            var (signed, rogue) = LinkRogue.ExistingSigned();
            signed.Receive(rogue.Seal(new LinkMessage.Committed(place, TestHome.Keys[0])))
                .Fails(LinkFailure.WrongChain);
        }
    }

    [Fact]
    public void A_vault_without_the_signed_link_or_without_this_device_is_refused()
    {
        Assert.Equal(World.After.Account, World.AfterAnotherLink.Account);
        Assert.NotNull(World.AfterAnotherLink.Chain.FindActive(World.Laptop.Id));
        foreach (var vault in new[] {
            World.Before.Vault, LinkWorld.Other.After, World.AfterRevocation, World.AfterAnotherLink,
        })
        {
            var (committed, rogue) = LinkRogue.ExistingCommitted();
            var farewell = committed.Verify(vault).Fails(LinkFailure.WrongChain);
            Assert.Equal(new LinkMessage.Abort("failed"), rogue.Open(farewell));
        }
    }

    [Fact]
    public void Possession_by_another_key_or_of_another_draft_is_refused()
    {
        var other = World.Draft.Link with { Time = 1 };
        foreach (var proof in new[]
        {
            ChainLinkDraft.ProvePossession(World.Mallory.Signing, World.Draft.Body),
            ChainLinkDraft.ProvePossession(World.Laptop.Signing, other.Encode()),
            World.Laptop.Signing.Sign(Primitives.SignatureLabel.Link, World.Draft.Body.Span),
        })
        {
            var (offered, rogue) = LinkRogue.NewOffered();
            offered.Receive(rogue.Seal(new LinkMessage.Possession(proof))).Fails(LinkFailure.BadPossession);
        }
    }

    [Fact]
    public void A_caller_who_drafts_for_another_than_the_reviewed_device_is_told_so()
    {
        var (awaiting, rogue) = LinkRogue.NewWithDigits();
        var reviewing = awaiting.Receive(rogue.Seal(LinkRogue.Reveal())).Next().State;
        foreach (var change in new ChainLinkChange[]
        {
            new([World.Mallory.Added], []),
            new([World.Laptop.Added, World.Mallory.Added], []),
            new([World.Laptop.Added], [World.Phone.Id]),
            new([], [], BeginEpoch: true),
        })
            Assert.Throws<ArgumentException>(() => reviewing.Approve(World.DraftFor(change)));
        reviewing.Approve(World.DraftFor(new ChainLinkChange([reviewing.Added], [])));
    }

    private static Dictionary<string, (LinkMessage.Offer Offer, LinkFailure Reason)> Offers()
    {
        var link = World.Draft.Link;
        var (own, right) = (link.Add[0], LinkRogue.Offer());
        var lies = new Dictionary<string, LinkMessage.Offer>
        {
            ["adds another in its place"] = LinkRogue.Moved(link with { Add = [World.Mallory.Entry] }),
            ["adds another beside it"] =
                LinkRogue.Moved(link with { Add = [.. new[] { own, World.Mallory.Entry }.OrderBy(a => a.Id)] }),
            ["adds nobody"] = LinkRogue.Moved(link with { Add = [] }),
            ["removes somebody"] = LinkRogue.Moved(link with { Remove = [World.Phone.Id] }),
            ["another signing key"] =
                LinkRogue.Moved(link with { Add = [own with { SigningKey = World.Mallory.Signing.PublicKey }] }),
            ["another KEM key"] =
                LinkRogue.Moved(link with { Add = [own with { KemKeyHash = World.Mallory.Kem.PublicKey.Hash }] }),
            ["another id"] = LinkRogue.Moved(link with { Add = [own with { Id = World.Mallory.Id }] }),
            ["as a code"] = LinkRogue.Moved(link with { Add = [own with { Kind = AuthorityKind.Code }] }),
            ["of a format that it does not read"] = LinkRogue.Moved(link with { Add = [own with { MaxFormat = 2 }] }),
            ["account of the draft is another"] = right with { Account = LinkWorld.Other.After.Account },
            ["sequence of the draft is another"] = right with { Head = right.Head with { Sequence = 7 } },
            ["head of the draft is another"] = right with { Head = right.Head with { Hash = default } },
            ["cut off"] = right with { Draft = right.Draft[..^1] },
            ["another structure"] = right with { Draft = new CborOut().Array(1).Text("keyrecovery/v1/link").ToArray() },
        };
        var later = right with { Draft = Golden.Lies.OfCbor(right.Draft).Single(lie => lie.Name == "version 2").Bytes };
        var offers = lies.ToDictionary(lie => lie.Key, lie => (lie.Value, LinkFailure.WrongDraft));
        offers["a later version"] = (later, LinkFailure.UpgradeRequired);
        return offers;
    }
}
