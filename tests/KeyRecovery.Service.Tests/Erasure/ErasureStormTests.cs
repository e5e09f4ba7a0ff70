using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Needs;
using KeyRecovery.Testing.Realms;
using Xunit.Abstractions;

namespace KeyRecovery.Service.Tests.Erasure;

/// <summary>
/// Races of another process's requests with an erasure, of eight kinds, ten thousand in a whole run: once there is a
/// receipt no row opens and no new key comes. Each kind counts who came first, and fails where one side always does.
/// </summary>
[Trait("Category", "Rounds")]
public sealed class ErasureStormTests(ITestOutputHelper output)
{
    // 64 races each: 1,280 of a kind, 10,240 in all.
    private static readonly int Batches = Rounds.Of(20, 3);

    [Fact]
    public Task Commits() => StormAsync(
        (_, racer) => PrepareAsync(
            racer, racer.Phone, new AccountChange { Put = [(new ItemId(new byte[16]), new byte[64])] }),
        (track, racer) => TryAsync(() => track.Server.Other.Commits.CommitAsync(racer.Open, racer.Commit!, default)),
        step: RaceStep.Fence);

    [Fact]
    public Task Items_that_are_stored_ahead_of_their_commit() => StormAsync(
        (_, racer) => PrepareAsync(
            racer, racer.Phone, new AccountChange { Put = [(new ItemId(new byte[16]), new byte[64])] }),
        (track, racer) => TryAsync(() =>
        {
            var item = racer.Commit!.Items.Single();
            return track.Server.Other.Staging.PutAsync(racer.Open, Hash256.Of(item.Span), item, default);
        }), step: RaceStep.Fence);

    [Fact]
    public Task Links_that_add_a_device_and_a_code() => StormAsync(
        (track, racer) => PrepareAsync(racer, racer.Phone,
            new AccountChange { Add = [TestAuthority.Device(track.Random), TestAuthority.Code(track.Random)] }),
        (track, racer) => TryAsync(
            () => track.Server.Other.Commits.CommitAsync(racer.Open, racer.Commit!, default), ErrorCode.Unavailable));

    [Fact]
    public Task Recoveries_that_read_by_the_code_and_put_a_new_device_in_the_olds_place() => StormAsync(
        (track, racer) => PrepareAsync(racer, racer.Code,
            new AccountChange { Add = [TestAuthority.Device(track.Random)], Remove = [racer.Phone] }),
        (track, racer) => TryAsync<Heads>(async () =>
        {
            switch (await track.Server.Other.Gate.PassAsync(
                KeyId.OfSlot(racer.Code.Id), key => key == racer.Code.Signing.PublicKey, default))
            {
                case GateResult.Open(var open):
                    using (open)
                    {
                        // Null where rows went meanwhile: the answer is to ask again, which the commit does.
                        await track.Server.Other.Vaults.ReadAsync(open, null, null, default);
                        return await track.Server.Other.Commits.CommitAsync(open, racer.Commit!, default);
                    }

                case GateResult.Shut(var failure):
                    return failure;
                default:
                    throw new InvalidOperationException();
            }
        }, ErrorCode.SignatureInvalid));

    [Fact]
    public Task Guesses() => StormAsync(
        (track, racer) => RegisterAsync(track, racer),
        (track, racer) => TryAsync(() =>
        {
            var guess = racer.Slot.Guess();
            return track.Server.Other.Realm.EvaluateAsync(racer.User, guess.Request, Hash256.Of(guess.Body), default);
        }, ErrorCode.NotFound),
        async (track, racer, _) => Assert.True((await SlotAsync(track, racer))!.IsDestroyed));

    [Fact]
    public async Task Registrations_of_a_share()
    {
        var answered = new Dictionary<Racer, long>();
        await StormAsync(
            (_, _) => Task.CompletedTask,
            async (track, racer) =>
            {
                // Refused while the erasure is under way.
                var isDone = await TryAsync(() => TryRegisterAsync(track, racer));
                lock (answered) answered[racer] = isDone ? track.Tick() : 0;
                return isDone && racer.ReceiptAt == 0;
            },
            async (track, racer, _) =>
            {
                // Before the receipt, or of somebody who has no account any more.
                if (answered[racer] < racer.ReceiptAt)
                    Assert.False(await SlotAsync(track, racer) is { IsDestroyed: false });
            });
    }

    [Fact]
    public async Task Creations_by_the_same_user_anew()
    {
        var made = new Dictionary<Racer, (TestAccount Account, TestAuthority Phone)>();
        await StormAsync(
            (track, racer) =>
            {
                var phone = TestAuthority.Device(track.Random);
                lock (made)
                    made[racer] = (TestAccount.Begin(track.Random, phone, [TestAuthority.Code(track.Random)]), phone);
                return Task.CompletedTask;
            },
            async (track, racer) =>
                !await TryAsync(
                    () => track.Server.Other.Accounts.CreateAsync(racer.User, made[racer].Account.Commits[0], default),
                    ErrorCode.AccountExists),
            async (track, racer, wasBefore) =>
            {
                // Refused while the old one was there; afterwards a new one, which the erasure leaves alone.
                if (!wasBefore) (await track.Server.PassAsync(made[racer].Account, made[racer].Phone)).Dispose();
                else Assert.IsType<Outcome<Heads>.Done>(
                    await track.Server.CreateAsync(made[racer].Account, racer.User.Subject));
                using var open = await track.Server.PassAsync(made[racer].Account, made[racer].Phone);
                Assert.NotEqual(racer.Open.Rows.Locator, open.Rows.Locator);
            },
            step: RaceStep.Receipt, leavesAccounts: true);
    }

    [Fact]
    public async Task Rotations()
    {
        await using var track = await RaceTrack.OpenAsync();
        var (before, after) = (0, 0);
        var racers = new List<Racer>();
        for (var batch = 0; batch < Batches; batch++)
        {
            var old = track.Server.Ring.Current.Id;
            Task? rotation = null;
            var left = 2 + Random.Shared.Next(RaceTrack.Batch / 2);
            track.BeforeEnd = async racer =>
            {
                if (Interlocked.Decrement(ref left) == 0)
                {
                    rotation = Task.Run(() => track.Server.Other.Rotation.RunAsync(begin: true, null, default));
                    // This one waits for its row to be moved: its own write is refused then, and it comes here again.
                    while (!await WasMovedAsync() && !rotation.IsCompleted) await Task.Delay(1);
                }
                else if (await WasMovedAsync())
                {
                    Interlocked.Increment(ref before);
                }
                else
                {
                    Interlocked.Increment(ref after);
                }

                async Task<bool> WasMovedAsync() =>
                    KeyRow.Decode((await track.Server.Keys.ReadAsync(racer.KeyRow, default))!.Value).Kek != old;
            };
            racers.AddRange(
                (await track.RaceAsync(racer => RegisterAsync(track, racer), _ => Task.FromResult(true), RaceStep.End))
                    .Select(r => r.Racer));
            await rotation!;
        }

        output.WriteLine($"{before} rows moved before their end, {after} not");
        Assert.True(before > 0 && after > 0, $"{before} rows moved before their end, {after} not");
        await track.Server.Other.Rotation.RunAsync(begin: true, null, default);
        Assert.Equal(0, (await track.Server.Service.Erasures.ResumeAsync(default)).AwaitKek);
        foreach (var racer in racers)
        {
            Assert.Equal(
                2, SignedErasureReceipt.Decode(
                    (await track.Server.RefusedAsync(racer.Account, racer.Phone)).Receipt).Receipt.Level);
            Assert.True((await SlotAsync(track, racer))!.IsDestroyed);
            racer.Dispose();
        }

        await AssertNothingAsync(track);
    }

    private async Task StormAsync(
        Func<RaceTrack, Racer, Task> prepare, Func<RaceTrack, Racer, Task<bool>> race,
        Func<RaceTrack, Racer, bool, Task>? check = null,
        RaceStep step = RaceStep.End, bool leavesAccounts = false)
    {
        await using var track = await RaceTrack.OpenAsync();
        var (before, after) = (0, 0);
        for (var batch = 0; batch < Batches; batch++)
        {
            foreach (var (racer, wasBefore) in await track.RaceAsync(
                racer => prepare(track, racer), racer => race(track, racer), step))
            {
                if (wasBefore) before++;
                else after++;
                if (check is not null) await check(track, racer, wasBefore);
                racer.Dispose();
            }
        }

        output.WriteLine($"{before} came before the erasure, {after} after");
        Assert.Equal(Batches * RaceTrack.Batch, before + after);
        Assert.True(before > 0 && after > 0, $"{before} before, {after} after: no race");
        if (!leavesAccounts) await AssertNothingAsync(track);
        else Assert.True(
            await track.Server.Service.Audit.RunAsync(default)
                is { IsSound: true } audit
            && audit.Accounts == Batches * RaceTrack.Batch && audit.OrphanRows.Count == 0);
    }

    private static async Task AssertNothingAsync(RaceTrack track)
    {
        Assert.Equal(0, await track.Server.CountAsync(
            Table.Links, Table.Keysets, Table.Manifests, Table.Items, Table.History, Table.Trails, Table.Slots,
            Table.Subjects));
        await foreach (var row in track.Server.Data.ScanAsync(Table.Accounts, default))
            Assert.True(AccountFence.Is(row));
        await foreach (var row in track.Server.Keys.ScanAsync(Table.KeyRows, default))
            Assert.True(KeyRow.Decode(row.Value).WrappedSubjectKey.IsEmpty);
    }

    private static Task PrepareAsync(Racer racer, TestAuthority signer, AccountChange change)
    {
        racer.Commit = racer.Account.Commit(signer, change);
        return Task.CompletedTask;
    }

    // Refused as an erased account is, and in no other way.
    private static async Task<bool> TryAsync<T>(Func<ValueTask<Outcome<T>>> act, params ErrorCode[] alsoLost)
    {
        try
        {
            switch (await act())
            {
                case Outcome<T>.Failed(var failure):
                    Assert.Contains(failure.Code, alsoLost.Append(ErrorCode.Erased));
                    return false;
                default:
                    return true;
            }
        }
        catch (AccountErasedException)
        {
            return false;
        }
    }

    private static async Task RegisterAsync(RaceTrack track, Racer racer) =>
        Assert.IsType<Outcome<byte[]>.Done>(await TryRegisterAsync(track, racer));

    private static async ValueTask<Outcome<byte[]>> TryRegisterAsync(RaceTrack track, Racer racer)
    {
        var body = racer.Slot.Registration(track.Server.Other.Realm.Identity);
        return await track.Server.Other.Realm.RegisterAsync(
            racer.User, RealmRegister.Decode(body), Hash256.Of(body), default);
    }

    private static async Task<RealmSlotRow?> SlotAsync(RaceTrack track, Racer racer) =>
        await track.Server.Keys.ReadAsync(new RowIds(track.Server.LookupKey).RealmSlot(racer.Slot.Id), default)
            is { } row ? RealmSlotRow.Decode(row.Value) : null;
}
