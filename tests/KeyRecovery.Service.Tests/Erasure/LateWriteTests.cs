using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Tests.Steps;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Needs;
using KeyRecovery.Testing.Realms;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Erasure;

/// <summary>
/// A write stands still at each of its steps until its account is erased, receipt and all, and then goes on: it brings
/// nothing back, and nobody else is touched.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class LateWriteTests
{
    // The fewest steps of each.
    private static readonly Dictionary<string, int> Least = new()
    {
        ["a commit"] = 5, ["an item ahead of its commit"] = 2, ["a registration"] = 1,
    };

    public static TheoryData<string> Writes => [.. Least.Keys.Take(Rounds.Of(Least.Count))];

    [Theory]
    [MemberData(nameof(Writes))]
    public async Task At_each_step_it_brings_nothing_back(string write)
    {
        await using var world = await StepWorld.OpenAsync();
        var stays = await StepPerson.NewAsync(world);
        await world.AtEachStepAsync(StepFate.Frozen, Least[write], async round =>
        {
            var person = await StepPerson.NewAsync(world);
            using var open = await person.Own.PassAsync();
            var commit = person.Own.Account.Commit(person.Own.Phone, new AccountChange
            {
                Put = [(new ItemId(world.Random.Bytes(16)), world.Random.Bytes(30))],
                Add = [TestAuthority.Code(world.Random)],
            });
            await round.DoAsync(() => WriteAsync(person, open, commit, write), () => EraseAsync(person));
            if (!await person.IsErasedAsync()) await EraseAsync(person);
            await person.ErasedAsync();
        });
        await stays.LivesAsync();
    }

    private static async Task<string> WriteAsync(
        StepPerson person, OpenAccount open, CommitBundle commit, string write)
    {
        var (server, item) = (person.World.Server.Service, commit.Items[0]);
        try
        {
            return write switch
            {
                "a commit" => $"{await server.Commits.CommitAsync(open, commit, default)}",
                "a registration" => $"{await person.RegisterAsync(
                    server.Realm, new TestRealmSlot(person.World.Random, TestAccount.DefaultApp))}",
                _ => $"{await server.Staging.PutAsync(open, Hash256.Of(item.Span), item, default)}",
            };
        }
        catch (AccountErasedException)
        {
            return "erased";
        }
    }

    // Another instance, which waits for nobody's turn here.
    private static async Task EraseAsync(StepPerson person)
    {
        var server = person.World.Server;
        await server.FileErasuresAsync(person.Own.Subject);
        var report = await server.Other.Erasures.ResumeAsync(default);
        Assert.Equal((0, null), (report.Pending, report.Problem));
        Assert.True(await person.IsErasedAsync());
        Assert.False((await person.ReceiptAsync()).IsEmpty);
    }
}
