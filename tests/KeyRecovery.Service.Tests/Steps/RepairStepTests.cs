using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Service.UseCases;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// A repair of an account whose data are lost, cut, unanswered or frozen at each of its steps: all that its device
/// holds comes back.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class RepairStepTests
{
    public static TheoryData<StepFate, bool> Fates => StepFates.With(StepFates.Short, false, true);

    [Theory]
    [MemberData(nameof(Fates))]
    public async Task At_each_step_and_then_the_same_again_before_or_after_a_sweep(StepFate fate, bool sweepsFirst)
    {
        await using var world = await StepWorld.OpenAsync();
        await world.AtEachStepAsync(fate, 5, async round =>
        {
            var user = await world.NewAccountAsync();
            var laptop = TestAuthority.Device(world.Random);
            await CommittedAsync(world, user, new KeyRecovery.Testing.AccountChange { Add = [laptop] });
            await CommittedAsync(world, user, new KeyRecovery.Testing.AccountChange { Remove = [laptop] });
            var head = await LoseDataAsync(world, user);
            // Meanwhile the device's second try reaches another instance.
            await round.DoAsync(
                () => RepairAsync(world.Server.Service, user, head), () => DoneAsync(world.Server.Other, user, head));
            if (sweepsFirst) await world.SweepAsync();
            await DoneAsync(world.Server.Service, user, head);
            await user.ReadsAsync(user.Account.Now);
            await world.SweptAsync();
            await CommittedAsync(
                world, user, new KeyRecovery.Testing.AccountChange { Put = [(user.Item, world.Random.Bytes(9))] });
            await user.ReadsAsync(user.Account.Now);
        });
    }

    private static async Task CommittedAsync(
        StepWorld world, StepAccount user, KeyRecovery.Testing.AccountChange change) =>
        Assert.IsType<Outcome<Accounts.Heads>.Done>(
            await world.Server.CommitAsync(user.Account, user.Phone, user.Account.Commit(user.Phone, change)));

    // What is left is the head that the device was told.
    private static async Task<SignedHead> LoseDataAsync(StepWorld world, StepAccount user)
    {
        using var open = await user.PassAsync();
        foreach (var table in TableRegistry.Default.Of(StoreKind.Data))
            await foreach (var row in world.Server.Data.ListOwnerAsync(table, open.Rows.Locator, default))
                await world.Server.Data.WriteAsync([new RowWrite.Remove(row.Key)], default);
        return SignedHead.Decode(open.State.SignedHead);
    }

    private static async Task<Outcome<RepairResult>> RepairAsync(
        KeyRecoveryService service, StepAccount user, SignedHead head)
    {
        var now = user.Account.Now;
        var body = (now.Repair() with { Head = head }).Encode();
        return await service.Repairs.RepairAsync(
            KeyId.OfDevice(now.Account, user.Phone.Id), key => key == user.Phone.Signing.PublicKey, null, body,
            default);
    }

    // A repair, and then the items that the server lacks: as the SDK does it.
    private static async Task DoneAsync(KeyRecoveryService service, StepAccount user, SignedHead head)
    {
        var repaired = Assert.IsType<Outcome<RepairResult>.Done>(await RepairAsync(service, user, head)).Value;
        foreach (var missing in repaired.Missing)
        {
            using var open = await user.PassAsync();
            Assert.IsType<Outcome<Hash256>.Done>(
                await service.Staging.PutAsync(open, missing, user.Account.Items[missing], default));
        }
    }
}
