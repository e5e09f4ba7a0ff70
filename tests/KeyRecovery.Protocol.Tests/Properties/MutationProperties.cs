using CsCheck;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Properties;

/// <summary>
/// One byte changed anywhere in what a server tells: refused as a value, or with one of the two declared exceptions.
/// </summary>
public class MutationProperties
{
    private static readonly ItemId Item = new(new TestRandom(1).Bytes(16));
    private static readonly TestRandom Random = new(21);
    private static readonly TestAuthority Phone = TestAuthority.Device(Random);
    private static readonly TestAccount Account = Build();

    private static readonly Gen<(int At, byte Mask)> Mutation = Gen.Select(Gen.Int[0, int.MaxValue], Gen.Byte[1, 255]);

    [Fact]
    public void A_changed_link_is_refused() => Mutation.Sample((at, mask) =>
    {
        var told = Account.Now.Tell();
        var index = at % told.Links.Length;
        var changed =
            told with {
                Links = told.Links.SetItem(index, Change(told.Links[index].Span, at / told.Links.Length, mask)),
            };
        IsRefused(changed);
    }, iter: 1500);

    [Fact]
    public void A_changed_keyset_is_refused() => Mutation.Sample((at, mask) =>
    {
        var told = Account.Now.Tell();
        var index = at % told.Keysets.Length;
        var changed = Change(told.Keysets[index].Span, at / told.Keysets.Length, mask);
        IsRefused(told with { Keysets = told.Keysets.SetItem(index, changed) });
    }, iter: 1000);

    [Fact]
    public void A_changed_head_is_refused() =>
        Mutation.Sample(
            (at, mask) => IsRefused(
                Account.Now.Tell() with { Head = Change(Account.Now.Tell().Head.Span, at, mask) }), iter: 1000);

    [Fact]
    public void A_changed_manifest_is_refused() =>
        Mutation.Sample(
            (at, mask) => IsRefused(
                Account.Now.Tell() with { Manifest = Change(Account.Now.Manifest.Bytes.Span, at, mask) }), iter: 1000);

    [Fact]
    public void A_changed_item_is_refused() => Mutation.Sample((at, mask) =>
    {
        using var open = Account.Open(Phone);
        var entry = Account.Now.Manifest.Manifest.Find(Item)!;
        var changed = Change(Account.Items[entry.Hash], at, mask);
        Assert.Equal((null, ProtocolFault.ItemHash), open.OpenItem(entry, changed));
        // Where a device vouched for the changed bytes, header or seal still tell.
        var vouched = open.OpenItem(entry with { Hash = Hash256.Of(changed) }, changed);
        Assert.Null(vouched.Content);
        Assert.True(vouched.Fault is ProtocolFault.ItemHeader or ProtocolFault.ItemSeal, vouched.Fault.ToString());
    }, iter: 300);

    [Fact]
    public void A_changed_vault_is_refused_save_for_what_is_the_servers_own_word()
    {
        var told = Account.Now.Tell() with { TrustedFrom = Account.Now.Tell().TrustedFrom
            .Add(Phone.Id, 1_760_000_000) };
        var bytes = told.Encode();
        Mutation.Sample((at, mask) =>
        {
            VaultBundle changed;
            try
            {
                changed = VaultBundle.Decode(Change(bytes, at, mask));
            }
            catch (Exception e) when (e is WireFormatException or UpgradeRequiredException)
            {
                return;
            }

            if (VerifiedVault.Verify(
                TestAccount.DefaultApp, changed, Phone.Identity, null, TestHome.Keys) is VaultVerdict.Ok ok)
            {
                Assert.False(changed.TrustedFrom.SequenceEqual(told.TrustedFrom));
                Assert.Equal(Account.Now.Manifest.Hash, ok.Vault.Manifest.Hash);
                Assert.Equal(Account.Now.Links.Select(l => l.Hash), ok.Vault.Links.Select(l => l.Hash));
            }
        }, iter: 2000);
    }

    [Fact]
    public void A_changed_commit_or_repair_throws_nothing_but_the_two_declared_exceptions()
    {
        var repair = new RepairBundle(Account.Now.Links, Account.Now.Keysets, Account.Now.Manifest).Encode();
        Mutation.Sample((at, mask) =>
        {
            var commit = Account.Commits[at % Account.Commits.Count].Encode();
            OnlyDeclared(() => CommitBundle.Decode(Change(commit, at / Account.Commits.Count, mask)));
            OnlyDeclared(() => CommitBundle.Decode(commit.AsMemory(..(at % commit.Length))));
            OnlyDeclared(() => RepairBundle.Decode(Change(repair, at, mask)));
            OnlyDeclared(() => RepairBundle.Decode(repair.AsMemory(..(at % repair.Length))));
        }, iter: 1000);
    }

    private static void IsRefused(VaultBundle told) =>
        Assert.IsType<VaultVerdict.Refused>(
            VerifiedVault.Verify(TestAccount.DefaultApp, told, Phone.Identity, null, TestHome.Keys));

    private static void OnlyDeclared(Action read)
    {
        try
        {
            read();
        }
        catch (Exception e) when (e is WireFormatException or UpgradeRequiredException)
        {
        }
    }

    private static byte[] Change(ReadOnlySpan<byte> bytes, int at, byte mask) =>
        Forge.Flip(bytes, at % bytes.Length, mask);

    private static TestAccount Build()
    {
        var laptop = TestAuthority.Device(Random);
        var account = TestAccount.Begin(
            Random, Phone, [TestAuthority.Code(Random)], items: [(Item, Random.Bytes(100))]);
        account.Commit(
            Phone, new AccountChange {
                Add = [laptop, TestAuthority.Slot(AuthorityKind.Passphrase, Random.Bytes(40), Random)],
            });
        account.Commit(laptop, new AccountChange { Put = [(Item, Random.Bytes(300))] });
        account.Commit(Phone, new AccountChange { Remove = [laptop] });
        account.Commit(Phone, new AccountChange { Add = [TestAuthority.Device(Random)] });
        Assert.IsType<VaultVerdict.Ok>(
            VerifiedVault.Verify(TestAccount.DefaultApp, account.Now.Tell(), Phone.Identity, null, TestHome.Keys));
        return account;
    }
}
