using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Realms;

/// <summary>
/// F10: a removed, a young, and a trusted and stolen device, somebody with the owner's token alone and a stranger
/// against every request to a realm. Whatever they try, the share stays, and the owner's code has the passphrase back.
/// </summary>
public sealed class RealmCallersTests
{
    private const string Done = "done";

    // Who: what each request comes to.
    public static TheoryData<string, Dictionary<string, string>> Callers() => new()
    {
        { "removed", All("SignatureInvalid", guess: "NotFound") },
        {
            "young", new(All("Forbidden", guess: "NotFound"))
            {
                ["register"] = Done, [nameof(RealmAction.Status)] = Done,
            }
        },
        { "stolen", All(Done, guess: "NotFound") },
        { "thief", All("SignatureInvalid", guess: Done) },
        { "stranger", All("SignatureInvalid", guess: "NotFound") },
    };

    [Theory]
    [MemberData(nameof(Callers))]
    public async Task What_each_request_comes_to(string caller, Dictionary<string, string> expected)
    {
        await using var account = await KnownAccount.RegisteredAsync();
        var (removed, young, stranger) = (account.NewDevice(), account.NewDevice(), account.NewDevice());
        account.Account.Commit(account.Phone, new AccountChange { Add = [removed] });
        Assert.Equal(Done, Word(await account.FollowAsync(account.Account.Now)));
        account.Server.Time.Advance(TimeSpan.FromSeconds(RealmLimits.KnownSeconds));
        account.Account.Commit(account.Phone, new AccountChange { Remove = [removed] });
        account.Account.Commit(account.Phone, new AccountChange { Add = [young] });
        Assert.Equal(Done, Word(await account.FollowAsync(account.Account.Now)));
        var signer = caller switch
        {
            "removed" => removed,
            "young" => young,
            "stolen" => account.Laptop,
            _ => stranger,
        };
        var user = caller == "thief" ? account.User : account.User with { Subject = "eve" };

        // What needs no authority, and nobody has: a slot's key, a home's.
        Assert.Equal("SignatureInvalid", Word(await ResetAsync(account, signer)));
        Assert.Equal("Refused", Word(await account.FollowAsync(MadeUp(account), [])));
        // An old head is nobody's to use, and harmless.
        Assert.Equal(Done, Word(await account.FollowAsync(account.Account.History[1])));

        Assert.Equal(expected["guess"], Word(await account.GuessAsync(user)));
        Assert.Equal(expected["register"], Word(await account.RegisterAsync(signer, account.NewSlot(), user)));
        var count = 0ul;
        foreach (var action in Enum.GetValues<RealmAction>())
        {
            var word = Word(await account.CommandAsync(action, signer, count, user));
            Assert.Equal((action, expected[action.ToString()]), (action, word));
            if (word == Done && action != RealmAction.Status) count++;
        }

        // The owner's code, which the realm knows as well, puts right what was done.
        foreach (var action in (RealmAction[])[RealmAction.Resume, RealmAction.Subject])
            Assert.Equal(Done, Word(await account.CommandAsync(action, account.Code, count++, account.User)));
        Assert.Equal(Done, Word(await account.GuessAsync()));
        Assert.Equal(RealmSlotState.Live, (await account.StatusAsync(account.Code)).State);
        Assert.Empty((await account.Server.Service.Audit.RunAsync(default)).Damaged);
    }

    private static Dictionary<string, string> All(string signed, string guess) =>
        new(Enum.GetNames<RealmAction>().ToDictionary(name => name, _ => signed))
        {
            ["register"] = signed, ["guess"] = guess,
        };

    private static async Task<Outcome<byte[]>> ResetAsync(KnownAccount account, TestAuthority signer)
    {
        var guess = account.NewGuess();
        var reset = RealmReset.Sign(
            account.Realm.Identity.Fingerprint, account.Slot.Id, guess.Attempt, 0, signer.Signing);
        return await account.Realm.ResetAsync(RealmReset.Decode(reset), default, default);
    }

    private static SignedHead MadeUp(KnownAccount account)
    {
        using var nobody = SigningKey.FromSeed(new byte[SigningKey.SeedSize]);
        return SignedHead.Sign(KnownAccount.HeadOf(account.Account.Now).Head, nobody);
    }

    private static string Word(Outcome<byte[]> outcome) =>
        outcome is Outcome<byte[]>.Failed { Failure.Code: var code } ? code.ToString() : Done;
}
