using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Vault;

/// <summary>
/// A server that forges, swaps, drops, reorders, injects or rolls back. Without an authority's key it only has what
/// honest clients sent; the victim either starts from nothing or knows the last vault that it verified.
/// </summary>
public abstract class LiedToReader : IDisposable
{
    protected LiedToReader()
    {
        Phone = TestAuthority.Device(Random);
        Laptop = TestAuthority.Device(Random);
        Code = TestAuthority.Code(Random);
        Passphrase = TestAuthority.Slot(AuthorityKind.Passphrase, new byte[] { 1, 2, 3 }, Random);
        Mallory = TestAuthority.Device(Random);
        Account = TestAccount.Begin(Random, Phone, [Code], items: [(Identity, [1]), (Drive, [2])]);
        Account.Commit(Phone, new AccountChange { Add = [Laptop] });
        Account.Commit(Phone, new AccountChange { Put = [(Identity, [3])] });
        Account.Commit(Laptop, new AccountChange { Add = [Passphrase], Mend = true });
    }

    private protected static ItemId Identity { get; } = new(new TestRandom(100).Bytes(16));

    private protected static ItemId Drive { get; } = new(new TestRandom(101).Bytes(16));

    private protected TestRandom Random { get; } = new(7);

    private protected TestAuthority Phone { get; }

    private protected TestAuthority Laptop { get; }

    private protected TestAuthority Code { get; }

    private protected TestAuthority Passphrase { get; }

    private protected TestAuthority Mallory { get; }

    private protected TestAccount Account { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var authority in new[] { Phone, Laptop, Code, Passphrase, Mallory }) authority.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static VaultVerdict Read(VaultBundle told, TestAuthority reader, VerifiedVault? known = null) =>
        VerifiedVault.Verify(TestAccount.DefaultApp, told, reader.Identity, known, TestHome.Keys);

    private protected static void Refused(
        ProtocolFault fault, VaultBundle told, TestAuthority reader, VerifiedVault? known = null) =>
        Assert.Equal(fault, Assert.IsType<VaultVerdict.Refused>(Read(told, reader, known)).Fault);

    private protected VerifiedVault Known(ServedVault? at = null) =>
        Assert.IsType<VaultVerdict.Ok>(Read((at ?? Account.Now).Tell(), Phone)).Vault;
}
