using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Realms;

/// <summary>
/// An account of another home with a phone, a laptop, a code and a passphrase slot, and what its people and its home
/// say to this realm.
/// </summary>
internal sealed class KnownAccount : IAsyncDisposable
{
    /// <summary>When its home signs, in seconds since 1970, unless told otherwise.</summary>
    public const ulong Then = 1_780_000_000;

    private readonly TestRandom _random;
    private readonly OprfKeyShares _shares;

    private KnownAccount(TestService server, int seed = 4400)
    {
        (Server, _random) = (server, new TestRandom(seed));
        _shares = OprfKeyShares.Split(1, 1, _random);
        (Phone, Laptop, Code) =
            (TestAuthority.Device(_random), TestAuthority.Device(_random), TestAuthority.Code(_random));
        Slot = NewSlot();
        Account = TestAccount.Begin(_random, Phone, [Code]);
        Account.Commit(Phone, new AccountChange { Add = [Laptop] });
        User = new AppUser(Account.AppId, "issuer", $"anna {seed}");
    }

    public TestService Server { get; }

    public TestAccount Account { get; }

    public TestAuthority Phone { get; }

    public TestAuthority Laptop { get; }

    public TestAuthority Code { get; }

    public TestAuthority Slot { get; }

    public AppUser User { get; }

    public Realm Realm => Server.Service.Realm;

    public OprfElement ShareKey => _shares.ShareKeys[0];

    /// <summary>An account whose slot the phone has registered and that is in the chain, told to the realm.</summary>
    public static async Task<KnownAccount> RegisteredAsync()
    {
        var account = new KnownAccount(await TestService.OpenAsync());
        Assert.IsType<Outcome<byte[]>.Done>(await account.RegisterAsync());
        account.Account.Commit(account.Phone, new AccountChange { Add = [account.Slot] });
        Assert.IsType<Outcome<byte[]>.Done>(await account.FollowAsync(account.Account.Now));
        return account;
    }

    /// <summary>An account that the realm has not heard of.</summary>
    public static async Task<KnownAccount> UnknownAsync() => new(await TestService.OpenAsync());

    /// <summary>One of many at a server that is somebody else's to close.</summary>
    public static KnownAccount At(TestService server, int seed) => new(server, seed);

    public TestAuthority NewSlot() => TestAuthority.Slot(AuthorityKind.Passphrase, new byte[1], _random);

    public TestAuthority NewDevice() => TestAuthority.Device(_random);

    public static SignedHead HeadOf(ServedVault vault, ulong time = Then) => TestHome.Sign(new AccountHead(
        vault.Account, new ChainPlace((ulong)vault.Links.Length - 1, vault.Links[^1].Hash), vault.Manifest.Place,
        vault.Manifest.Manifest.Trail, time));

    public static ReadOnlyMemory<byte>[] LinksOf(ServedVault vault, int from = 0) =>
        [.. vault.Links.Skip(from).Select(link => link.Bytes)];

    public Task<Outcome<byte[]>> RegisterAsync(
        TestAuthority? signer = null, TestAuthority? slot = null, AppUser? user = null, ServedVault? vault = null,
        Realm? at = null)
    {
        var (by, what, now) = (signer ?? Phone, slot ?? Slot, vault ?? Account.Now);
        var body = RealmRegister.Seal(
            Realm.Identity, what.Id, what.Signing.PublicKey, _shares.Shares[0], HeadOf(now), LinksOf(now), by.Id,
            by.Signing, SystemRandom.Instance);
        return (at ?? Realm).RegisterAsync(
            user ?? User, RealmRegister.Decode(body), Hash256.Of(body), default).AsTask();
    }

    public Task<Outcome<byte[]>> FollowAsync(
        ServedVault vault, SignedClaim? claim = null, RealmFork? fork = null, ulong time = Then, int from = 0) =>
        FollowAsync(HeadOf(vault, time), LinksOf(vault, from), claim, fork);

    public Task<Outcome<byte[]>> FollowAsync(
        SignedHead head, ReadOnlyMemory<byte>[] links, SignedClaim? claim = null, RealmFork? fork = null)
    {
        var body = RealmFollow.Encode(head, links, claim is null ? [] : [claim.Bytes], fork);
        return Realm.FollowAsync(RealmFollow.Decode(body), Hash256.Of(body), default).AsTask();
    }

    public RealmFork Fork(ServedVault vault, TestAuthority signer, ulong time) =>
        RealmFork.Sign(Realm.Identity.Fingerprint, HeadOf(vault, time).Head, signer.Id, signer.Signing);

    public Task<Outcome<byte[]>> CommandAsync(
        RealmAction kind, TestAuthority signer, ulong count, AppUser? user = null, TestAuthority? slot = null) =>
        SendAsync(Command(kind, signer, count, slot), user);

    public byte[] Command(RealmAction kind, TestAuthority signer, ulong count, TestAuthority? slot = null) =>
        RealmCommand.Sign(
            Realm.Identity.Fingerprint, (slot ?? Slot).Id, kind, count, HeadOf(Account.Now), LinksOf(Account.Now),
            signer.Id, signer.Signing);

    public Task<Outcome<byte[]>> SendAsync(byte[] command, AppUser? user = null) =>
        Realm.CommandAsync(RealmCommand.Decode(command), user, Hash256.Of(command), default).AsTask();

    public Task<Outcome<byte[]>> ReceiptAsync(byte id)
    {
        var told = new ErasureId(Enumerable.Repeat(id, ErasureId.Size).ToArray());
        var receipt = new ErasureReceipt
        {
            Id = told, Level = 1, App = Account.AppId, Subject = ErasureReceipt.SubjectOf(told, Account.Now.Account),
            RequestedBy = ErasureRequester.Device, RequestedAt = 1, ErasedAt = 2, Kek = 1, KekDestroyedAt = 0,
            Proofs = [ErasureProof.KeyAbsent, ErasureProof.RowsDeleted],
        };
        using var home = SigningKey.FromSeed(TestHome.Seed);
        var body = new RealmReceipt(
            Account.Now.Account, SignedErasureReceipt.Decode(receipt.Sign(home))).Encode();
        return Realm.ReceiptAsync(RealmReceipt.Decode(body), Hash256.Of(body), default).AsTask();
    }

    public async Task<Outcome<byte[]>> GuessAsync(AppUser? user = null) =>
        await Realm.EvaluateAsync(user ?? User, NewGuess(), default, default);

    /// <summary>The status that a device reads.</summary>
    public async Task<RealmStatus> StatusAsync(TestAuthority? signer = null)
    {
        var command = Command(RealmAction.Status, signer ?? Phone, 0);
        var answer = Assert.IsType<Outcome<byte[]>.Done>(await SendAsync(command)).Value;
        var (status, fault) = RealmStatus.Read(answer, Realm.Identity, Slot.Id, command);
        Assert.Equal(RealmFault.None, fault);
        return status!;
    }

    public async ValueTask DisposeAsync()
    {
        _shares.Dispose();
        await Server.DisposeAsync();
    }

    public RealmEvaluate NewGuess()
    {
        using var request = OprfRequest.Blind([1, 2, 3], SystemRandom.Instance);
        return new RealmEvaluate(Slot.Id, AttemptId.Draw(SystemRandom.Instance), request.Blinded);
    }
}
