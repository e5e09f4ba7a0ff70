using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Service.UseCases;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>A creation that comes late: its account has been erased, or lost its data, in between.</summary>
public sealed class LateCreationTests
{
    private const int MostSteps = 30;

    [Fact]
    public async Task Frozen_at_each_step_while_its_account_is_made_and_erased_it_leaves_the_persons_place_free()
    {
        await using var world = await StepWorld.OpenAsync();
        world.Server.ErasureHold = TimeSpan.Zero;
        for (var at = 1; at < MostSteps; at++)
        {
            var made = Draw(world, $"person {at}");
            var script = StepScript.Of(StepFate.Frozen, at);
            var late = world.ActAsync(script, async () => await world.Server.CreateAsync(made.Account, made.Subject));
            if (await Task.WhenAny(script.Frozen.Task, late) == late) return;
            await CreateAsync(world.Server.Other, made);
            using (var open = await made.PassAsync())
                Assert.IsType<Outcome<ErasureStatus>.Done>(
                    await world.Server.Other.Erasures.RequestAsync(open, 0, default));
            await world.Server.Other.Erasures.ResumeAsync(default);
            script.Thaw();
            await Record.ExceptionAsync(() => late);

            var anew = Draw(world, made.Subject);
            await CreateAsync(world.Server.Service, anew);
            await anew.ReadsAsync(anew.Account.Now);
            await world.SoundAsync(orphans: true);
            await world.SweepAsync();
            await world.SoundAsync();
            await anew.ReadsAsync(anew.Account.Now);
        }

        Assert.Fail("it never ended");
    }

    [Fact]
    public async Task The_same_again_after_a_loss_and_a_repair_is_answered_and_another_persons_is_not()
    {
        await using var world = await StepWorld.OpenAsync();
        var user = Draw(world, "first");
        await CreateAsync(world.Server.Service, user);
        ReadOnlyMemory<byte> head;
        using (var open = await user.PassAsync())
        {
            head = open.State.SignedHead;
            foreach (var table in TableRegistry.Default.Of(StoreKind.Data))
                await foreach (var row in world.Server.Data.ListOwnerAsync(table, open.Rows.Locator, default))
                    await world.Server.Data.WriteAsync([new RowWrite.Remove(row.Key)], default);
        }

        var now = user.Account.Now;
        var repaired = await world.Server.Service.Repairs.RepairAsync(
            KeyId.OfDevice(now.Account, user.Phone.Id), key => key == user.Phone.Signing.PublicKey, null,
            (now.Repair() with { Head = SignedHead.Decode(head) }).Encode(), default);
        Assert.IsType<Outcome<RepairResult>.Done>(repaired);

        await CreateAsync(world.Server.Service, user);
        var other = await world.Server.CreateAsync(user.Account, "somebody else");
        Assert.Equal(ErrorCode.AccountExists, Assert.IsType<Outcome<Heads>.Failed>(other).Failure.Code);
        await world.SoundAsync(orphans: true);
    }

    private static async Task CreateAsync(KeyRecoveryService service, StepAccount made) =>
        Assert.IsType<Outcome<Heads>.Done>(
            await service.Accounts.CreateAsync(made.User, made.Account.Commits[0], default));

    private static StepAccount Draw(StepWorld world, string subject)
    {
        var (phone, code) = (TestAuthority.Device(world.Random), TestAuthority.Code(world.Random));
        return new StepAccount(world, TestAccount.Begin(world.Random, phone, [code]), phone, code, subject);
    }
}
