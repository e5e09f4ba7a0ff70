using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Protocol.Tests.Vault;

/// <summary>A server that drops, reorders, injects or rolls back links, or shows another continuation.</summary>
public sealed class LyingLinks : LiedToReader
{
    [Fact]
    public void A_served_prefix_is_a_roll_back_of_the_chain()
    {
        Refused(ProtocolFault.RolledBackChain, Account.History[1].Tell(), Phone, Known());
        Refused(ProtocolFault.RolledBackChain, Account.History[0].Tell(), Phone, Known());
        // As an answer without new links, the manifest tells by its head that the chain is shorter.
        Refused(
            ProtocolFault.RolledBackChain,
            Account.History[0].Tell() with { First = (ulong)Account.Now.Links.Length, Links = [] }, Phone, Known());
    }

    [Fact]
    public void A_fork_from_a_known_link_is_seen_whether_told_whole_or_as_a_continuation()
    {
        // Two devices, or one that was stolen, made two true continuations of link 1.
        var fork = Continue(Account.History[2], Laptop, new AccountChange { Add = [Mallory] });
        Refused(ProtocolFault.Fork, fork.Tell(), Phone, Known());
        var further = Forge.Link(
            fork.Links[^1].Link with { Sequence = 3, Previous = fork.Links[^1].Hash, Add = [] }, Laptop);
        Refused(ProtocolFault.Fork,
            (fork with { Links = [further] }).Tell() with { Account = Account.Now.Account, First = 3 },
            Phone, Known());
    }

    [Fact]
    public void A_dropped_link_leaves_a_gap()
    {
        var links = Account.Now.Links;
        Refused(ProtocolFault.DroppedLink, (Account.Now with { Links = [links[0], links[2]] }).Tell(), Phone);
        Refused(ProtocolFault.DroppedLink,
            (Account.Now with { Links = [links[1], links[2]] }).Tell() with { Account = Account.Now.Account },
            Phone);
        Refused(ProtocolFault.DroppedLink, Account.Now.Tell(1), Phone);
        Refused(ProtocolFault.DroppedLink, Account.Now.Tell() with { Links = [] }, Phone);
        Refused(ProtocolFault.DroppedLink, Account.Now.Tell(2), Phone, Known(Account.History[0]));
    }

    [Fact]
    public void Reordered_links_leave_a_gap_or_a_fork()
    {
        var links = Account.Now.Links;
        var told = (Account.Now with { Links = [links[0], links[2], links[1]] }).Tell();
        Refused(ProtocolFault.DroppedLink, told, Phone);
        Refused(ProtocolFault.Fork, told, Phone, Known());
    }

    [Fact]
    public void An_older_chain_under_the_new_numbers_does_not_continue()
    {
        var links = Account.Now.Links;
        var renumbered = Forge.Link(links[1].Link with { Sequence = 2 }, links[1]);
        Refused(
            ProtocolFault.BrokenChain, (Account.Now with { Links = [links[0], links[1], renumbered] }).Tell(), Phone);
    }

    [Fact]
    public void An_injected_authority_was_signed_in_by_nobody()
    {
        var head = Account.Now.Links[^1];
        var link = head.Link with {
            Sequence = 3, Previous = head.Hash, PreviousEpoch = 0, PreviousEpochKey = default,
            Add = [Mallory.Entry], Remove = [],
        };
        // Signed by itself; signed by itself in an authority's name; slipped into a link that an authority signed.
        Refused(ProtocolFault.UnknownSigner,
            Append(Forge.Link(link with { Signer = Mallory.Id }, Mallory, Mallory)), Phone);
        Refused(ProtocolFault.LinkSignature,
            Append(Forge.Link(link with { Signer = Phone.Id }, Mallory, Mallory)), Phone);
        var slipped = Account.Now.Links[1].Link;
        TestAuthority[] both = [.. new[] { Laptop, Mallory }.OrderBy(a => a.Id)];
        Refused(
            ProtocolFault.LinkSignature,
            Account.History[1].With(Forge.Link(slipped with { Add = [.. both.Select(a => a.Entry)] }, Mallory, both))
                .Tell(), Phone);
        VaultBundle Append(SignedChainLink injected) => Account.Now.With(injected).Tell();
    }

    [Fact]
    public void A_removed_authority_signs_nothing_any_more()
    {
        Account.Commit(Phone, new AccountChange { Remove = [Laptop] });
        var head = Account.Now.Links[^1];
        var link = head.Link with { Sequence = 4, Previous = head.Hash, PreviousEpoch = 0, PreviousEpochKey = default,
            Add = [Mallory.Entry], Remove = [], Signer = Laptop.Id };
        Refused(ProtocolFault.UnknownSigner, Account.Now.With(Forge.Link(link, Laptop, Mallory)).Tell(), Phone);
        var manifest = SignedManifest.Sign(
            Account.Now.Manifest.Manifest with { Signer = Laptop.Id }, Laptop.Signing);
        Refused(ProtocolFault.ManifestSignature, (Account.Now with { Manifest = manifest }).Tell(), Phone);
    }

    [Fact]
    public void Changed_slot_parameters_break_the_signature()
    {
        var link = Account.Now.Links[^1];
        var weaker = Passphrase.Entry with { Parameters = new byte[] { 1, 2, 4 } };
        Refused(ProtocolFault.LinkSignature,
            Account.Now.With(Forge.Link(link.Link with { Add = [weaker] }, link)).Tell(), Phone);
    }

    [Fact]
    public void A_possession_of_another_place_or_nobody_is_none()
    {
        var link = Account.Now.Links[^1];
        var missing = SignedChainLink.Create(link.Body, link.Signature, [new byte[64]]);
        Refused(ProtocolFault.Possession, Account.Now.With(missing).Tell(), Phone);
        var asSigner = SignedChainLink.Create(
            link.Body, link.Signature, [Passphrase.Signing.Sign(SignatureLabel.Link, link.Body.Span)]);
        Refused(ProtocolFault.Possession, Account.Now.With(asSigner).Tell(), Phone);
    }

    private ServedVault Continue(ServedVault from, TestAuthority signer, AccountChange change)
    {
        var vault = Assert.IsType<VaultVerdict.Ok>(Read(from.Tell(), signer)).Vault;
        using var open = vault.Open(signer.Id, signer.Kem).Vault!;
        var draft = ChainLinkDraft.Next(
            open, new ChainLinkChange([.. change.Add.Select(a => a.Added)], []), signer.Id, 1_770_000_000, Random);
        var link = draft.Sign(
            signer.Signing,
            change.Add.ToDictionary(a => a.Id, a => ChainLinkDraft.ProvePossession(a.Signing, draft.Body)));
        var manifest = ManifestDraft.Next(open, draft, new ManifestChange(), signer.Id, signer.Signing, Random);
        return from.After(new CommitBundle(link, draft.Keyset, manifest, []));
    }
}
