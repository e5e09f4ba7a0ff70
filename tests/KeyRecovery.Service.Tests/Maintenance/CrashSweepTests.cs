using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Service.Tests.Steps;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Needs;
using KeyRecovery.Testing.Realms;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Maintenance;

/// <summary>
/// A process dies at each step of an act: what it leaves between documents is no damage, is swept, and nothing of
/// anybody else is.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class CrashSweepTests
{
    // The fewest steps of each act.
    private static readonly Dictionary<string, int> Least = new()
    {
        ["a creation"] = 8, ["a commit"] = 5, ["a registration"] = 1, ["an erasure"] = 10,
    };

    public static TheoryData<string> Acts => [.. Least.Keys.Take(Rounds.Of(Least.Count, 1))];

    [Theory]
    [MemberData(nameof(Acts))]
    public async Task At_each_step_what_is_left_is_swept_and_nothing_else(string act)
    {
        await using var world = await StepWorld.OpenAsync();
        var stays = await StepPerson.NewAsync(world);
        var rows = await RowsAsync(stays);
        await world.AtEachStepAsync(StepFate.Cut, Least[act], async round =>
        {
            var person = act == "a creation" ? null : await StepPerson.NewAsync(world);
            if (act == "an erasure") await world.Server.FileErasuresAsync(person!.Own.Subject);
            using var open = person is null ? null : await person.Own.PassAsync();
            await round.DoAsync<object>(async () => act switch
            {
                "a creation" => await CreateAsync(world),
                "a commit" => await world.Server.Other.Commits.CommitAsync(
                    open!, person!.Own.Account.Commit(person.Own.Phone, Change(world)), default),
                "a registration" => await person!.RegisterAsync(
                    world.Server.Other.Realm, new TestRealmSlot(world.Random, TestAccount.DefaultApp)),
                _ => await world.Server.Other.Erasures.ResumeAsync(default),
            });
            await world.SoundAsync(orphans: true);
            // An erasure is nobody's to sweep: whoever takes it on ends it.
            await world.Server.Service.Erasures.ResumeAsync(default);
            await world.SweptAsync();
            Assert.Equal(rows, await RowsAsync(stays));
            await stays.Own.ReadsAsync(stays.Own.Account.Now);
            Assert.False((await stays.SlotAsync())!.IsDestroyed);
        });
    }

    private static AccountChange Change(StepWorld world) => new()
    {
        Put = [(new ItemId(world.Random.Bytes(16)), world.Random.Bytes(30))], Add = [TestAuthority.Code(world.Random)],
    };

    private static async Task<object> CreateAsync(StepWorld world)
    {
        var account = TestAccount.Begin(
            world.Random, TestAuthority.Device(world.Random), [TestAuthority.Code(world.Random)],
            items: [(new ItemId(world.Random.Bytes(16)), world.Random.Bytes(40))]);
        return await world.Server.CreateAsync(account, $"user {account.Now.Account}");
    }

    private static async Task<List<string>> RowsAsync(StepPerson person)
    {
        var rows = new List<string>();
        foreach (var table in TableRegistry.Default.Of(StoreKind.Data).Except([Table.Activity]))
            await foreach (var row in person.World.Server.Data.ScanOwnerAsync(table, person.Locator, default))
                // The account's row says when a device was last seen.
                rows.Add($"{row.Key} {(table == Table.Accounts ? "" : Convert.ToHexString(row.Value.Span))}");
        rows.Sort(StringComparer.Ordinal);
        Assert.NotEmpty(rows);
        return rows;
    }
}
