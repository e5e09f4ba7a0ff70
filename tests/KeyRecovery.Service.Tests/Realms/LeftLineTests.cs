using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Errors;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Realms;

/// <summary>
/// A home that was restored, and of whose line the realm knows nobody any more: it is followed after thirty days in
/// which the realm told it, and nothing is destroyed by that (docs/protocol.md §14.4).
/// </summary>
public sealed class LeftLineTests
{
    private const ulong Later = KnownAccount.Then + 3600;
    private const ulong Latest = Later + 3600;

    private static readonly TimeSpan Month = TimeSpan.FromDays(30);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_line_that_was_told_for_thirty_days_is_followed_and_the_old_ones_slot_stays()
    {
        await using var account = await KnownAccount.RegisteredAsync();
        var (line, owner) = Other(account);
        Conflicts(await account.FollowAsync(line, Claim(account), time: Later));
        account.Server.Time.Advance(Month - Second);
        Conflicts(await account.FollowAsync(line, Claim(account), time: Later));
        account.Server.Time.Advance(Second);
        // As long as before, and no longer: it is told by the same head.
        Done(await account.FollowAsync(line, Claim(account), time: Later));
        // Its passphrase opens as ever; on this line the next one is set, whatever links come.
        Done(await account.GuessAsync());
        account.Account.Commit(owner, new AccountChange { Add = [account.NewDevice()] });
        Done(await account.FollowAsync(account.Account.Now, time: Latest));
        Done(await account.RegisterAsync(owner, account.NewSlot()));
        account.Server.Time.Advance(2 * Month);
        await account.Server.Service.Sweeper.SweepAsync(TimeSpan.Zero, default);
        Done(await account.GuessAsync());
        Assert.Empty((await account.Server.Service.Audit.RunAsync(default)).Damaged);
    }

    [Fact]
    public async Task What_was_not_told_has_no_claim_or_is_another_line_is_not_followed()
    {
        await using var account = await KnownAccount.RegisteredAsync();
        var (line, _) = Other(account);
        account.Server.Time.Advance(Month);
        Conflicts(await account.FollowAsync(line, Claim(account), time: Later));
        account.Server.Time.Advance(Month);
        Conflicts(await account.FollowAsync(line, time: Later));
        var (other, _) = Other(account);
        Conflicts(await account.FollowAsync(other, Claim(account), time: Latest));
        // It has the place of what was told, and its own thirty days.
        account.Server.Time.Advance(Month);
        Conflicts(await account.FollowAsync(line, Claim(account), time: Later));
        Done(await account.FollowAsync(other, Claim(account), time: Latest));
    }

    [Fact]
    public async Task Who_is_known_objects_and_the_thirty_days_begin_anew()
    {
        await using var account = await KnownAccount.RegisteredAsync();
        var kept = account.Account.Now;
        var (line, _) = Other(account);
        Conflicts(await account.FollowAsync(line, Claim(account), time: Later));
        account.Account.Return(kept);
        account.Server.Time.Advance(Month - Second);
        Assert.NotNull((await account.StatusAsync()).Told.Heads.Contradicting);
        Done(await account.CommandAsync(RealmAction.Objection, account.Code, 0));
        account.Server.Time.Advance(Second);
        Conflicts(await account.FollowAsync(line, Claim(account), time: Later));
        account.Server.Time.Advance(Month - Second);
        Done(await account.FollowAsync(line, Claim(account), time: Later));
    }

    // From the account's beginning, without anybody whom the realm knows at the end.
    private static (ServedVault Line, TestAuthority Owner) Other(KnownAccount account)
    {
        var (owner, code) = (account.NewDevice(), TestAuthority.Code(new TestRandom(4801)));
        account.Account.Return(account.Account.History[0]);
        account.Account.Commit(account.Phone, new AccountChange { Add = [owner, code] });
        account.Account.Commit(owner, new AccountChange { Remove = [account.Phone, account.Code] });
        for (var version = account.Account.Now.Manifest.Manifest.Version; version < 9; version++)
            account.Account.Commit(owner, new AccountChange { Mend = true });
        return (account.Account.Now, owner);
    }

    private static SignedClaim Claim(KnownAccount account) =>
        TestHome.Claim(account.Account.Now.Account, 0, 1, KnownAccount.Then + 60);

    private static void Done(Outcome<byte[]> told) => Assert.IsType<Outcome<byte[]>.Done>(told);

    private static void Conflicts(Outcome<byte[]> told) =>
        Assert.Equal(ErrorCode.Conflict, Assert.IsType<Outcome<byte[]>.Failed>(told).Failure.Code);
}
