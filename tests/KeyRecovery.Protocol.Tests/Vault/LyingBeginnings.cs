using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Protocol.Tests.Vault;

/// <summary>A server that makes up where an account begins, or moves keys into an account of its own.</summary>
public sealed class LyingBeginnings : LiedToReader
{
    [Fact]
    public void A_forged_link_0_does_not_hash_to_the_account()
    {
        var start = Account.Now.Links[0].Link;
        var forged = Forge.Link(start with { Signer = Mallory.Id, Add = [Mallory.Entry] }, Mallory, Mallory);
        Refused(ProtocolFault.OtherBeginning, Account.Now.With(forged).Tell(), Phone);
    }

    [Fact]
    public void A_forged_link_0_is_not_the_one_that_was_known()
    {
        var forged = TestAccount.Begin(Random, Mallory, [Code]);
        var told = forged.Now.Tell() with { Account = Account.Now.Account };
        Refused(ProtocolFault.ForgedBeginning, told, Phone, Known());
    }

    [Fact]
    public void A_whole_forged_account_does_not_hold_the_readers_keys()
    {
        var forged = TestAccount.Begin(Random, Mallory);
        Refused(ProtocolFault.OwnKeys, forged.Now.Tell(), Code);
        Refused(ProtocolFault.OtherAccount, forged.Now.Tell() with { Account = Account.Now.Account }, Code);
        Refused(ProtocolFault.OtherAccount, forged.Now.Tell(), Phone, Known());
    }

    [Fact]
    public void Another_apps_link_0_is_no_beginning_here()
    {
        var other = TestAccount.Begin(Random, Phone, [Code], appId: "drive.example");
        Refused(ProtocolFault.OtherBeginning, other.Now.Tell(), Phone);
        Refused(ProtocolFault.OtherBeginning, other.Now.Tell(), Code);
    }

    [Fact]
    public void A_link_0_of_two_devices_or_signed_by_its_slot_is_no_beginning()
    {
        var start = Account.Now.Links[0].Link;
        TestAuthority[] three = [.. new[] { Phone, Code, Laptop }.OrderBy(a => a.Id)];
        TestAuthority[] two = [.. new[] { Phone, Code }.OrderBy(a => a.Id)];
        Refused(ProtocolFault.OtherBeginning,
            Account.History[0].With(Forge.Link(start with { Add = [.. three.Select(a => a.Entry)] }, Phone, three))
                .Tell(), Phone);
        Refused(ProtocolFault.UnknownSigner,
            Account.History[0].With(Forge.Link(start with { Signer = Code.Id }, Code, two)).Tell(), Code);
    }

    [Fact]
    public void Transplanted_slot_keys_have_not_signed_the_servers_chain()
    {
        // The public keys are there to copy, and so is the possession that the slot signed for its own account.
        var real = Account.Now.Links[0];
        var own = Code.Entry;
        var trap = TestAccount.Begin(Random, Mallory);
        var next = trap.Now.Links[0];
        var link = next.Link with
        {
            Sequence = 1, Previous = next.Hash, Add = [own], Signer = Mallory.Id,
            KeysetHash = Keyset(trap, Code).Hash,
        };
        var body = link.Encode();
        var stolen = real.Possession[real.Link.Add.ToList().FindIndex(a => a.Id == Code.Id)];
        var transplanted = SignedChainLink.Create(body, Mallory.Signing.Sign(SignatureLabel.Link, body), [stolen]);
        Refused(ProtocolFault.Possession,
            (trap.Now.With(transplanted) with { Keysets = [trap.Now.Keysets[0], Keyset(trap, Code)] }).Tell(), Code);

        // With keys of its own under the slot's id it can sign, and is not what the code derives.
        using var fresh = TestAuthority.Device(Random);
        var impostor = link with { Add = [own with { SigningKey = fresh.Signing.PublicKey }] };
        Refused(ProtocolFault.OwnKeys, trap.Now.With(Forge.Link(impostor, Mallory, fresh)).Tell(), Code);
    }

    private Keyset Keyset(TestAccount trap, TestAuthority added)
    {
        using var open = trap.Open(Mallory);
        return Protocol.Vault.Keyset.Create(
            open.Keys.Current, [KeyValuePair.Create(added.Id, added.Kem.PublicKey)]);
    }
}
