using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Erasure;

/// <summary>F24: a request to erase or to cancel counts for its round, and for none that comes after.</summary>
public sealed class RoundTests
{
    private readonly TestRandom _random = new(24);

    [Fact]
    public async Task F24_what_was_called_off_in_any_way_is_asked_for_again_only_by_the_next_round()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, code) = await server.NewAccountAsync(_random, "user");
        using var laptop = TestAuthority.Device(_random);
        await server.CommitAsync(account, phone, account.Commit(phone, new AccountChange { Add = [laptop] }));
        server.Time.Advance(TimeSpan.FromHours(73));
        Assert.Equal((ErasureState.Held, 0UL), await AskAsync(server, account, phone, 0));
        Assert.Equal((ErasureState.Held, 0UL), await AskAsync(server, account, laptop, 0));
        Assert.True(Done(await CancelAsync(server, account, laptop, 0)));
        // The same once more, whose answer was lost.
        Assert.True(Done(await CancelAsync(server, account, laptop, 0)));
        foreach (var who in new[] { phone, laptop })
            Assert.Equal(("round", ErrorCode.Conflict), await RefusedAsync(server, account, who, 0));

        Assert.Equal((ErasureState.Held, 1UL), await AskAsync(server, account, phone, 1));
        Assert.Equal((ErasureState.Held, 1UL), await AskAsync(server, account, laptop, 1));
        Assert.Equal(ErrorCode.Conflict, Assert.IsType<Outcome<bool>.Failed>(
            await CancelAsync(server, account, laptop, 0)).Failure.Code);
        // Removing the asker calls it off, and what the other one asked with it.
        await server.CommitAsync(account, code, account.Commit(code, new AccountChange { Remove = [phone] }));
        Assert.Equal(("round", ErrorCode.Conflict), await RefusedAsync(server, account, laptop, 1));
        Assert.Equal((ErasureState.Held, 2UL), await AskAsync(server, account, laptop, 2));
        // Who was removed cannot ask for the round, and cancels whichever there is.
        Assert.True(Done(await CancelAsync(server, account, phone, null)));
        server.Time.Advance(TimeSpan.FromHours(100));
        Assert.Equal(0, (await server.Service.Erasures.ResumeAsync(default)).Erased);
    }

    private static bool Done(Outcome<bool> outcome) => Assert.IsType<Outcome<bool>.Done>(outcome).Value;

    private static async Task<(ErasureState, ulong)> AskAsync(
        TestService server, TestAccount account, TestAuthority who, ulong round)
    {
        using var open = await server.PassAsync(account, who);
        var status = Assert.IsType<Outcome<ErasureStatus>.Done>(
            await server.Service.Erasures.RequestAsync(open, round, default)).Value;
        return (status.State, status.Round);
    }

    private static async Task<(string?, ErrorCode)> RefusedAsync(
        TestService server, TestAccount account, TestAuthority who, ulong round)
    {
        using var open = await server.PassAsync(account, who);
        var failure = Assert.IsType<Outcome<ErasureStatus>.Failed>(
            await server.Service.Erasures.RequestAsync(open, round, default)).Failure;
        return (failure.Field, failure.Code);
    }

    private static async Task<Outcome<bool>> CancelAsync(
        TestService server, TestAccount account, TestAuthority who, ulong? round)
    {
        var keyId = KeyId.OfDevice(account.Now.Account, who.Id);
        bool Verify(VerifyKey key) => key == who.Signing.PublicKey;
        return await server.Service.Erasures.CancelAsync(
            keyId, round, Verify, "", ct => server.Service.Gate.PassAsync(keyId, Verify, ct), default);
    }
}
