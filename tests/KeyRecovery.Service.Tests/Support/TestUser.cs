using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Realms;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Support;

/// <summary>A user with a phone, a code and a share at this realm.</summary>
internal sealed class TestUser : IDisposable
{
    private readonly OprfKeyShares _shares = OprfKeyShares.Split(1, 1, SystemRandom.Instance);
    private readonly TestAuthority _slot;

    private TestUser(string subject, int seed)
    {
        var random = new TestRandom(seed);
        Phone = TestAuthority.Device(random);
        Code = TestAuthority.Code(random);
        _slot = TestAuthority.Device(random);
        Account = TestAccount.Begin(random, Phone, [Code]);
        User = new AppUser(Account.AppId, "issuer", subject);
    }

    public TestAuthority Phone { get; }

    public TestAuthority Code { get; }

    public TestAccount Account { get; }

    public AppUser User { get; }

    /// <summary>Makes the account and registers the share.</summary>
    public static async Task<TestUser> CreateAsync(TestService server, string subject, int seed)
    {
        var user = new TestUser(subject, seed);
        Assert.IsType<Outcome<Heads>.Done>(
            await server.Service.Accounts.CreateAsync(user.User, user.Account.Commits[0], default));
        await user.RegisterAsync(server);
        return user;
    }

    /// <summary>Registers the share, or hears that it is there.</summary>
    public async Task RegisterAsync(TestService server)
    {
        var body = RealmRegister.Seal(
            server.Service.Realm.Identity, _slot.Id, _slot.Signing.PublicKey, _shares.Shares[0],
            TestHome.Sign(Account.Now.Manifest), [.. Account.Now.Links.Select(link => link.Bytes)], Phone.Id,
            Phone.Signing, SystemRandom.Instance);
        Assert.IsType<Outcome<byte[]>.Done>(
            await server.Service.Realm.RegisterAsync(User, RealmRegister.Decode(body), Hash256.Of(body), default));
    }

    /// <summary>
    /// Guesses right, and has the guess given back: the share is the one that was registered, or this throws.
    /// </summary>
    public async Task GuessAsync(TestService server)
    {
        var attempt = AttemptId.Draw(SystemRandom.Instance);
        using var request = OprfRequest.Blind([1, 2, 3], SystemRandom.Instance);
        var guess = new RealmEvaluate(_slot.Id, attempt, request.Blinded);
        var body = guess.Encode();
        var answer = await server.Service.Realm.EvaluateAsync(User, guess, Hash256.Of(body), default);
        var (status, fault) = RealmStatus.Read(
            Assert.IsType<Outcome<byte[]>.Done>(answer).Value, server.Service.Realm.Identity, _slot.Id, body);
        Assert.Equal(RealmFault.None, fault);
        Assert.True(request.Verify(_shares.ShareKeys[0], status!.Evaluation!));
        var reset = RealmReset.Sign(
            server.Service.Realm.Identity.Fingerprint, _slot.Id, attempt, status.Round, _slot.Signing);
        Assert.IsType<Outcome<byte[]>.Done>(
            await server.Service.Realm.ResetAsync(RealmReset.Decode(reset), default, default));
    }

    /// <summary>A guess that is asked for at any instance, once or more often.</summary>
    public UserGuess Guess(AttemptId attempt) => new(User, _slot.Id, attempt);

    /// <summary>Commits as the phone, and reads by the code.</summary>
    public async Task UseAsync(TestService server)
    {
        var commit = Account.Commit(Phone, new AccountChange { Put = [(new ItemId(new byte[16]), [1, 2, 3])] });
        Assert.IsType<Outcome<Heads>.Done>(await server.CommitAsync(Account, Phone, commit));
        using var open = await server.PassAsync(Account, Code);
        Assert.Equal(Account.Now.Manifest.Hash, open.State.ManifestHash);
    }

    public void Dispose()
    {
        _shares.Dispose();
        _slot.Dispose();
        Code.Dispose();
        Phone.Dispose();
    }
}

/// <summary>One guess: the same attempt with the same element.</summary>
internal sealed class UserGuess(AppUser user, AuthorityId slot, AttemptId attempt) : IDisposable
{
    private readonly OprfRequest _request = OprfRequest.Blind([1, 2, 3], SystemRandom.Instance);

    /// <summary>Whether the realm evaluates it. A realm that is busy is asked again.</summary>
    public async Task<bool> AtAsync(Realm realm)
    {
        var guess = new RealmEvaluate(slot, attempt, _request.Blinded);
        var body = guess.Encode();
        while (true)
        {
            switch (await realm.EvaluateAsync(user, guess, Hash256.Of(body), default))
            {
                case Outcome<byte[]>.Done(var answer):
                    var (status, fault) = RealmStatus.Read(answer, realm.Identity, slot, body);
                    Assert.Equal(RealmFault.None, fault);
                    return status!.Evaluation is not null;
                case Outcome<byte[]>.Failed { Failure.Code: not ErrorCode.Unavailable }:
                    return false;
            }
        }
    }

    public void Dispose() => _request.Dispose();
}
