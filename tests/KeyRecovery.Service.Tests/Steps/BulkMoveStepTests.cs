using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Service.UseCases;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// A line of a list of moves, cut, unanswered or frozen at each step: a dry run tells what is left, the same line
/// finishes it, and a line about the old name never moves the account on to somebody else.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class BulkMoveStepTests
{
    [Theory]
    [MemberData(nameof(StepFates.EachOfShort), MemberType = typeof(StepFates))]
    public async Task At_each_step_of_a_line(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(fate, 5, async round =>
        {
            var person = await StepPerson.NewAsync(world);
            var account = person.Own.Account.Now.Account;
            var next = person.User with { Subject = $"new {person.User.Subject}" };
            var line = new MoveLine(person.User, next);
            await round.DoAsync(
                () => world.Server.Service.BulkMoves.RunAsync([line], isDry: false, default),
                async () => await RunAsync(world.Server.Other, line, isDry: false));

            var isMoved = await FindAsync(world, next) == account;
            var left = isMoved ? MoveLineResult.Same : MoveLineResult.Moved;
            Assert.Equal(left, await RunAsync(world.Server.Other, line, isDry: true));
            // By the old name the account, which is the new one's, goes nowhere else.
            var further = new MoveLine(person.User, next with { Subject = $"third {person.User.Subject}" });
            if (isMoved)
                Assert.Equal(MoveLineResult.Unknown, await RunAsync(world.Server.Other, further, isDry: false));
            Assert.Equal(left, await RunAsync(world.Server.Other, line, isDry: false));
            Assert.Equal(account, await FindAsync(world, next));
            Assert.Null(await world.Server.Keys.ReadAsync(
                new RowIds(world.Server.LookupKey).Subject(person.User), default));
            Assert.Equal(MoveLineResult.Same, await RunAsync(world.Server.Other, line, isDry: false));
        });
    }

    private static async Task<MoveLineResult> RunAsync(KeyRecoveryService service, MoveLine line, bool isDry) =>
        Assert.Single(await service.BulkMoves.RunAsync([line], isDry, default));

    private static async Task<AccountId?> FindAsync(StepWorld world, AppUser user) =>
        await world.Server.Other.RecoverySlots.ReadAsync(user, default) is Outcome<PassphraseSlots>.Done found
            ? found.Value.Account : null;
}
