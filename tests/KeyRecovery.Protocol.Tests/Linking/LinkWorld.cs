using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Protocol.Tests.Linking;

/// <summary>
/// An account, the draft that adds a laptop to it, and the vault before and after: made once, never changed.
/// </summary>
internal sealed class LinkWorld
{
    public static LinkWorld One { get; } = new(41);

    /// <summary>Another account altogether.</summary>
    public static LinkWorld Other { get; } = new(42);

    private LinkWorld(int seed)
    {
        var random = new TestRandom(seed);
        Phone = TestAuthority.Device(random);
        Laptop = TestAuthority.Device(random);
        Mallory = TestAuthority.Device(random);
        var account = TestAccount.Begin(random, Phone, [TestAuthority.Code(random)]);
        Before = account.Open(Phone);
        Draft = DraftOf(Laptop);
        account.Commit(Phone, new AccountChange { Add = [Laptop] });
        After = account.Read(Laptop);
        Assert.Equal(Draft.Place, After.Chain.Place);
        account.Commit(Phone, new AccountChange { Remove = [Laptop] });
        AfterRevocation = account.Read(Phone);
        AfterAnotherLink = Fork(new TestRandom(seed));
    }

    public TestAuthority Phone { get; }

    public TestAuthority Laptop { get; }

    public TestAuthority Mallory { get; }

    public OpenVault Before { get; }

    public VerifiedVault After { get; }

    public VerifiedVault AfterRevocation { get; }

    /// <summary>The same account with the same laptop in it, by another link than the draft.</summary>
    public VerifiedVault AfterAnotherLink { get; }

    public ChainLinkDraft Draft { get; }

    public static LinkScope Scope { get; } = new(TestAccount.DefaultApp, new Uri("https://keys.example.org"));

    public JoiningDevice Device => new(Laptop.Id, Laptop.Signing, Laptop.Kem, "Ada's laptop", "Linux");

    public ChainLinkDraft DraftOf(params TestAuthority[] added) =>
        DraftFor(new ChainLinkChange([.. added.Select(a => a.Added)], []));

    public ChainLinkDraft DraftFor(ChainLinkChange change) =>
        ChainLinkDraft.Next(Before, change, Phone.Id, 1_760_000_060, new TestRandom(7));

    // The same randomness makes the same account; its chain goes another way then.
    private static VerifiedVault Fork(TestRandom random)
    {
        var (phone, laptop, _) =
            (TestAuthority.Device(random), TestAuthority.Device(random), TestAuthority.Device(random));
        var account = TestAccount.Begin(random, phone, [TestAuthority.Code(random)]);
        account.Commit(phone, new AccountChange { Mend = true });
        account.Commit(phone, new AccountChange { Add = [laptop] });
        return account.Read(laptop);
    }
}
