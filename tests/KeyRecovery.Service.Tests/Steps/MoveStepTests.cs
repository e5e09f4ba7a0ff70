using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// An account that is given another user, cut, unanswered or frozen at each step: it is the old one's or the new one's,
/// with its passphrase; the same again finishes it; nobody is left without an account, and nobody gets a second one.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class MoveStepTests
{
    [Theory]
    [MemberData(nameof(StepFates.EachOfShort), MemberType = typeof(StepFates))]
    public async Task At_each_step_of_a_new_subject(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(fate, 5, async round =>
        {
            var person = await StepPerson.NewAsync(world);
            var account = person.Own.Account.Now.Account;
            var next = person.User with { Subject = $"new {person.User.Subject}" };
            await round.DoAsync(
                () => MoveAsync(world.Server.Service, account, next),
                async () => await MoveAsync(world.Server.Other, account, next));
            // One of the two has it at any moment, and both names are taken.
            var (old, now) = (await FindAsync(world, person.User), await FindAsync(world, next));
            Assert.Equal(account, Assert.Single(new[] { old, now }.OfType<AccountId>()));
            if (now is not null) await TakenAsync(world, next);
            if (old is not null) await TakenAsync(world, person.User);

            var again = await MoveAsync(world.Server.Other, account, next);
            Assert.IsType<Outcome<bool>.Done>(again);
            await MovedAsync(world, person, next);
        });
    }

    [Theory]
    [MemberData(nameof(StepFates.EachOfShort), MemberType = typeof(StepFates))]
    public async Task At_each_step_of_a_new_issuer_the_user_finds_the_account(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(fate, 5, async round =>
        {
            world.Server.Issuers = [];
            var person = await StepPerson.NewAsync(world);
            var account = person.Own.Account.Now.Account;
            // From here on tokens name the user so.
            world.Server.Issuers = ["renamed", "issuer"];
            var next = person.User with { Issuer = "renamed" };
            await FoundAsync();
            await round.DoAsync(
                () => MoveAsync(world.Server.Service, account, next),
                async () =>
                {
                    await FoundAsync();
                    await MoveAsync(world.Server.Other, account, next);
                });
            await FoundAsync();
            Assert.IsType<Outcome<bool>.Done>(await MoveAsync(world.Server.Other, account, next));
            await FoundAsync();
            world.Server.Issuers = [];
            await MovedAsync(world, person, next);

            async Task FoundAsync()
            {
                Assert.Equal(account, await FindAsync(world, next));
                await TakenAsync(world, next);
                Assert.True(await MayGuessAsync(world, person, next));
            }
        });
    }

    [Fact]
    public async Task A_name_that_is_taken_stays_with_its_account()
    {
        await using var world = await StepWorld.OpenAsync();
        var (one, other) = (await world.NewAccountAsync(), await world.NewAccountAsync());
        var refused = await MoveAsync(world.Server.Service, one.Account.Now.Account, other.User);
        Assert.Equal(ErrorCode.AccountExists, Assert.IsType<Outcome<bool>.Failed>(refused).Failure.Code);
        Assert.Equal(one.Account.Now.Account, await FindAsync(world, one.User));
        Assert.Equal(other.Account.Now.Account, await FindAsync(world, other.User));
        await world.SweptAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_at_once_give_it_to_one(bool sameName)
    {
        await using var world = await StepWorld.OpenAsync();
        var user = await world.NewAccountAsync();
        var account = user.Account.Now.Account;
        var (one, two) = (user.User with { Subject = "one" }, user.User with { Subject = sameName ? "one" : "two" });
        await Task.WhenAll(
            Task.Run(() => MoveAsync(world.Server.Service, account, one)),
            Task.Run(() => MoveAsync(world.Server.Other, account, two)));
        var found = new List<AccountId?> { await FindAsync(world, one), await FindAsync(world, user.User) };
        if (!sameName) found.Add(await FindAsync(world, two));
        Assert.Equal(account, Assert.Single(found.OfType<AccountId>()));
        await world.SweptAsync();
    }

    [Fact]
    public async Task An_erasure_at_each_step_of_a_move_takes_both_names()
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(StepFate.Frozen, 5, async round =>
        {
            var person = await StepPerson.NewAsync(world);
            var account = person.Own.Account.Now.Account;
            var next = person.User with { Subject = $"new {person.User.Subject}" };
            await round.DoAsync(
                () => MoveAsync(world.Server.Service, account, next), () => EraseAsync(world, person, next));
            if (!round.IsStruck) await EraseAsync(world, person, next);
            await GoneAsync(world, person, next);
        });
    }

    [Fact]
    public async Task A_move_at_each_step_of_an_erasure_leaves_no_name()
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(StepFate.Frozen, 5, async round =>
        {
            var person = await StepPerson.NewAsync(world);
            var account = person.Own.Account.Now.Account;
            var next = person.User with { Subject = $"new {person.User.Subject}" };
            await world.Server.FileErasuresAsync(person.User.Subject);
            await round.DoAsync(
                () => world.Server.Service.Erasures.ResumeAsync(default),
                () => MoveAsync(world.Server.Other, account, next));
            await EraseAsync(world, person, next);
            await GoneAsync(world, person, next);
        });
    }

    [Fact]
    public async Task A_rename_moves_all_while_users_work_and_goes_on_after_it_was_stopped()
    {
        await using var world = await StepWorld.OpenAsync();
        await RenameAsync(world, 40);
    }

    [Fact, Trait("Category", "Hours")]
    public async Task A_rename_moves_ten_thousand_while_users_work_and_goes_on_after_it_was_stopped()
    {
        await using var world = await StepWorld.OpenAsync();
        await RenameAsync(world, 10_000);
    }

    // Filed under both names: who was just moved is found by the new one alone.
    private static async Task EraseAsync(StepWorld world, StepPerson person, AppUser next)
    {
        await world.Server.FileErasuresAsync(person.User.Subject, next.Subject);
        var report = await world.Server.Other.Erasures.ResumeAsync(default);
        Assert.Equal((0, null), (report.Pending, report.Problem));
        Assert.True(await person.IsErasedAsync());
    }

    private static async Task GoneAsync(StepWorld world, StepPerson person, AppUser next)
    {
        foreach (var user in new[] { person.User, next })
        {
            var place = new RowIds(world.Server.LookupKey).Subject(user);
            Assert.True(await world.Server.Keys.ReadAsync(place, default) is null, user.Subject);
            Assert.True(
                await world.Server.Keys.ReadAsync(RowIds.RealmSubject(place), default) is null, user.Subject);
        }

        await person.ErasedAsync();
    }

    private static async Task RenameAsync(StepWorld world, int count)
    {
        var server = world.Server;
        var users = new List<(AccountId Account, AppUser User)>();
        for (var i = 0; i < count; i++)
        {
            var account = TestAccount.Begin(
                world.Random, TestAuthority.Device(world.Random), [TestAuthority.Code(world.Random)]);
            Assert.IsType<Outcome<Heads>.Done>(await server.CreateAsync(account, $"user {i}"));
            users.Add((account.Now.Account, new AppUser(account.AppId, "renamed", $"user {i}")));
        }

        server.Issuers = ["renamed", "issuer"];
        Assert.True(server.Service.IssuerMoves.IsWanted);
        Assert.Equal(count, (await server.Service.IssuerMoves.RunAsync(dryRun: true, default)).Moved);
        Assert.Equal(count, (await server.Service.IssuerMoves.RunAsync(dryRun: true, default)).Moved);

        using var stop = new CancellationTokenSource();
        using var isDone = new CancellationTokenSource();
        var working = Task.Run(async () =>
        {
            for (var i = 0; !isDone.IsCancellationRequested; i = (i + 7) % count)
            {
                Assert.Equal(users[i].Account, await FindAsync(world, users[i].User));
                if (i % 5 == 0) await TakenAsync(world, users[i].User);
                if (i > count / 2) await stop.CancelAsync();
            }
        });
        var stopped = 0;
        try
        {
            stopped = (await server.Service.IssuerMoves.RunAsync(dryRun: false, stop.Token)).Moved;
        }
        catch (OperationCanceledException)
        {
            // As if killed: the next process goes on.
        }

        var report = await server.Other.IssuerMoves.RunAsync(dryRun: false, default);
        Assert.Equal((0, 0, 0), (report.Taken, report.Failed, report.Damaged));
        Assert.Equal(count, report.Moved + report.There);
        await isDone.CancelAsync();
        await working;
        Assert.Equal(count, (await server.Service.IssuerMoves.RunAsync(dryRun: true, default)).There);

        // Without the name of before everybody is found, and what was cut short behind its commit point is swept.
        server.Issuers = [];
        await world.SweptAsync();
        foreach (var (account, user) in users) Assert.Equal(account, await FindAsync(world, user));
        foreach (var (_, user) in users.Take(20))
            Assert.Null(await server.Keys.ReadAsync(
                new RowIds(server.LookupKey).Subject(user with { Issuer = "issuer" }), default));
    }

    private static Task<Outcome<bool>> MoveAsync(KeyRecoveryService service, AccountId account, AppUser to) =>
        service.Mover.MoveAsync(account, to.App, to.Issuer, to.Subject, default).AsTask();

    private static async Task<AccountId?> FindAsync(StepWorld world, AppUser user) =>
        await world.Server.Other.RecoverySlots.ReadAsync(user, default) is Outcome<UseCases.PassphraseSlots>.Done found
            ? found.Value.Account : null;

    // Whoever has an account makes no second one.
    private static async Task TakenAsync(StepWorld world, AppUser user)
    {
        var second = TestAccount.Begin(
            world.Random, TestAuthority.Device(world.Random), [TestAuthority.Code(world.Random)]);
        var refused = await world.Server.Other.Accounts.CreateAsync(user, second.Commits[0], default);
        Assert.Equal(ErrorCode.AccountExists, Assert.IsType<Outcome<Heads>.Failed>(refused).Failure.Code);
    }

    // Told to wait is told as the slot's user.
    private static async Task<bool> MayGuessAsync(StepWorld world, StepPerson person, AppUser user)
    {
        var guess = person.Share.Guess();
        var answer = await world.Server.Other.Realm.EvaluateAsync(
            user, guess.Request, Hash256.Of(guess.Body), default);
        return answer is Outcome<byte[]>.Done or Outcome<byte[]>.Failed { Failure.Code: ErrorCode.GuessWait };
    }

    private static async Task MovedAsync(StepWorld world, StepPerson person, AppUser next)
    {
        Assert.Equal(person.Own.Account.Now.Account, await FindAsync(world, next));
        Assert.Null(await FindAsync(world, person.User));
        await TakenAsync(world, next);
        Assert.True(await MayGuessAsync(world, person, next));
        Assert.False(await MayGuessAsync(world, person, person.User));
        await person.Own.ReadsAsync(person.Own.Account.Now);
        await world.SweptAsync();
        Assert.Null(await world.Server.Keys.ReadAsync(
            new RowIds(world.Server.LookupKey).Subject(person.User), default));
        Assert.Equal(person.Own.Account.Now.Account, await FindAsync(world, next));
    }
}
