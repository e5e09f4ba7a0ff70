using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Protocol.Tests.Vault;

/// <summary>A server that swaps keys, seals or whole keysets.</summary>
public sealed class LyingKeysets : LiedToReader
{
    [Fact]
    public void A_substituted_KEM_key_is_not_the_one_in_the_chain()
    {
        var entries = Account.Now.Keysets[0].Entries
            .Select(e => e.Id == Code.Id ? e with { KemKey = Mallory.Kem.PublicKey } : e).ToList();
        Refused(ProtocolFault.SubstitutedKemKey,
            (Account.Now with { Keysets = [Forge.Keyset(Account.Now.Account, 2, entries)] }).Tell(), Phone);
    }

    [Fact]
    public void A_keyset_with_one_more_or_one_fewer_has_other_members()
    {
        var keyset = Account.Now.Keysets[0];
        Refused(ProtocolFault.KeysetMembers,
            (Account.Now with { Keysets = [Forge.Keyset(keyset.Account, 2, [.. keyset.Entries.Skip(1)])] })
                .Tell(), Phone);
        KeysetEntry[] more = [.. keyset.Entries.Append(keyset.Entries[0] with { Id = Mallory.Id }).OrderBy(e => e.Id)];
        Refused(ProtocolFault.KeysetMembers,
            (Account.Now with { Keysets = [Forge.Keyset(keyset.Account, 2, more)] }).Tell(), Phone);
    }

    [Fact]
    public void A_keyset_of_another_epoch_or_of_the_same_before_a_device_came_is_refused()
    {
        var (first, second) = (Account.History[0].Keysets[0], Account.History[1].Keysets);
        Refused(ProtocolFault.KeysetEpoch, (Account.Now with { Keysets = [first] }).Tell(), Phone);
        Refused(ProtocolFault.KeysetMembers, (Account.History[1] with { Keysets = [first] }).Tell(), Phone);
        Refused(ProtocolFault.KeysetMembers,
            (Account.History[1] with { Keysets = [second[1], second[0]] }).Tell(), Phone);
    }

    [Fact]
    public void A_changed_seal_is_not_the_keyset_that_the_link_names()
    {
        var entries = Account.Now.Keysets[0].Entries
            .Select(e => e.Id == Code.Id ? e with { Seal = Forge.Flip(e.Seal.Span, 1150) } : e).ToList();
        Refused(ProtocolFault.KeysetHash,
            (Account.Now with { Keysets = [Forge.Keyset(Account.Now.Account, 2, entries)] }).Tell(), Phone);
    }

    [Fact]
    public void Keyset_and_manifest_of_another_account_are_refused()
    {
        var other = TestAccount.Begin(Random, Mallory);
        Refused(ProtocolFault.OtherAccount, (Account.Now with { Keysets = other.Now.Keysets }).Tell(), Phone);
        Refused(ProtocolFault.OtherAccount, (Account.Now with { Manifest = other.Now.Manifest }).Tell(), Phone);
    }
}
