using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Maintenance;
using KeyRecovery.Service.Rotation;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Rotation;

/// <summary>A rotation moves every row, loses none, and destroys a KEK only when nothing hangs on it.</summary>
public sealed class RotationTests
{
    private static readonly KekId First = new(1);

    private static Task<TestService> OpenAsync(Func<IKeyStore, IKeyStore>? between = null) =>
        TestService.OpenAsync(
            Directory.CreateTempSubdirectory("keyrecovery-rotation-").FullName, SystemRandom.Instance, between);

    private static async Task<RotationOutcome.Done> RotateAsync(TestService server, bool begin = true) =>
        Assert.IsType<RotationOutcome.Done>(await server.Service.Rotation.RunAsync(begin, null, default));

    private static async Task AssertAllOnAsync(TestService server, KekId kek, int rows)
    {
        var report = await server.Service.RingAudit.RunAsync(default);
        Assert.Equal(0, report.Unreadable);
        Assert.All(report.Keks, use => Assert.Equal(use.Standing.Id == kek ? rows : 0, use.Rows));
    }

    [Fact]
    public async Task Rows_are_used_before_during_and_after_and_no_change_is_lost()
    {
        await using var server = await OpenAsync();
        var users = new List<TestUser>();
        for (var i = 0; i < 12; i++) users.Add(await TestUser.CreateAsync(server, $"user {i}", i));
        using var stop = new CancellationTokenSource();
        var made = 0;
        var load = users.Take(8).Select(user => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await user.UseAsync(server);
                await user.GuessAsync(server);
            }
        })).Append(Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var n = Interlocked.Increment(ref made);
                using var late = await TestUser.CreateAsync(server, $"late {n}", 1000 + n);
                await late.UseAsync(server);
                await late.GuessAsync(server);
            }
        })).ToList();

        // Ten times, and until accounts were made meanwhile.
        var rotation = 0;
        while (rotation < 10 || Volatile.Read(ref made) < 2)
        {
            rotation++;
            var done = await RotateAsync(server);
            Assert.Equal(new KekId((uint)rotation), Assert.Single(done.Destroyed));
            Assert.Equal(KekState.Destroyed, server.Ring.StateOf(new KekId((uint)rotation)));
            Assert.False(server.Ring.TryGet(new KekId((uint)rotation), out _));
        }
        await stop.CancelAsync();
        await Task.WhenAll(load);

        await AssertAllOnAsync(server, new KekId((uint)rotation + 1), 2 * (users.Count + made));
        foreach (var user in users)
        {
            await user.UseAsync(server);
            await user.GuessAsync(server);
            user.Dispose();
        }
        Assert.True((await server.Service.Audit.RunAsync(default)).IsSound);
    }

    [Fact]
    public async Task A_creation_that_wrapped_before_the_promotion_and_writes_after_it_is_waited_for()
    {
        HeldKeyStore held = null!;
        await using var server = await OpenAsync(store => held = new HeldKeyStore(store));
        var (reached, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        held.BeforeWrite = async writes =>
        {
            if (!writes.Any(write => write is RowWrite.Create && write.Key.Table == Table.KeyRows)) return;
            reached.TrySetResult();
            await release.Task;
        };
        using var phone = TestAuthority.Device(new TestRandom(1));
        var account = TestAccount.Begin(new TestRandom(2), phone);
        var creation = server.CreateAsync(account).AsTask();
        await reached.Task;

        var draining = new TaskCompletionSource();
        var phases = new List<RotationPhase>();
        var rotation = server.Service.Rotation.RunAsync(true, new Teller(told =>
        {
            lock (phases) phases.Add(told.Phase);
            if (told.Phase == RotationPhase.Draining) draining.SetResult();
        }), default);
        await draining.Task;
        Assert.Equal(KekState.Retiring, server.Ring.StateOf(First));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await server.Ring.DestroyAsync(First, default));
        lock (phases) Assert.DoesNotContain(RotationPhase.Rewrapping, phases);

        release.SetResult();
        Assert.IsType<Outcome<Heads>.Done>(await creation);
        // It has moved its row on by itself, before it was acknowledged.
        Assert.Equal(0, Assert.IsType<RotationOutcome.Done>(await rotation).Rewrapped);
        await AssertAllOnAsync(server, new KekId(2), 1);
        (await server.PassAsync(account, phone)).Dispose();
    }

    // The control to the test above: this is what the lease is for.
    [Fact]
    public async Task A_wrap_without_a_lease_would_be_lost_and_the_audit_finds_it()
    {
        await using var server = await OpenAsync();
        var before = server.Ring.Current;
        var key = new RowKey(Table.KeyRows, new byte[32]);
        var wrapped = KekBox.Wrap(before, key, new byte[32], SystemRandom.Instance);
        await RotateAsync(server);
        await server.Keys.WriteAsync(
            [new RowWrite.Create(key, new KeyRow(KeyRowState.Pending, before.Id, wrapped, null, 0).Encode())], default);
        Assert.Equal(1, (await server.Service.RingAudit.RunAsync(default)).Lost);
        Assert.Equal(1, (await RotateAsync(server)).Lost);
    }

    [Fact]
    public async Task Where_a_request_is_faster_its_change_stays_and_the_row_is_moved_by_the_next_pass()
    {
        HeldKeyStore held = null!;
        await using var server = await OpenAsync(store => held = new HeldKeyStore(store));
        using var user = await TestUser.CreateAsync(server, "user", 1);
        using var other = await TestUser.CreateAsync(server, "other", 2);
        var raced = 0;
        held.BeforeWrite = async writes =>
        {
            // Between the rotation's read and its write, once.
            if (raced++ > 0) return;
            var key = writes[1].Key;
            var row = (await server.Keys.ReadAsync(key, default))!;
            Assert.IsType<WriteResult.Written>(await held.WriteAsync([new RowWrite.Replace(row, row.Value)], default));
        };
        var passes = 0;
        var outcome = await server.Service.Rotation.RunAsync(
            true, new Teller(told => passes = Math.Max(passes, told.Pass)), default);
        Assert.Equal(4, Assert.IsType<RotationOutcome.Done>(outcome).Rewrapped);
        Assert.True(raced > 1);
        Assert.Equal(3, passes);
        await user.UseAsync(server);
        await other.GuessAsync(server);
    }

    [Theory]
    [InlineData("torn")]
    [InlineData("undecodable")]
    public async Task A_row_that_does_not_unwrap_stops_the_destruction_and_nothing_else(string fault)
    {
        await using var server = await OpenAsync();
        using var broken = await TestUser.CreateAsync(server, "broken", 1);
        using var whole = await TestUser.CreateAsync(server, "whole", 2);
        var key = await KeyRowOfAsync(server, broken);
        var good = (await server.Keys.ReadAsync(key, default))!;
        var row = KeyRow.Decode(good.Value);
        var bad = fault == "torn"
            ? (row with { WrappedSubjectKey = row.WrappedSubjectKey.ToArray()
                .Select((b, i) => i == 30 ? (byte)(b ^ 1) : b).ToArray() }).Encode()
            : new byte[20];
        await server.Keys.WriteAsync([new RowWrite.Replace(good, bad)], default);

        for (var i = 0; i < 2; i++)
            Assert.Equal(
                1, Assert.IsType<RotationOutcome.Blocked>(
                    await server.Service.Rotation.RunAsync(true, null, default)).Unreadable);
        Assert.True(server.Service.Rotation.IsUnfinished);
        Assert.Equal(KekState.Retiring, server.Ring.StateOf(First));
        Assert.Equal(new KekId(2), server.Ring.Current.Id);
        await whole.UseAsync(server);
        await whole.GuessAsync(server);

        var now = (await server.Keys.ReadAsync(key, default))!;
        await server.Keys.WriteAsync([new RowWrite.Replace(now, good.Value)], default);
        Assert.Equal(First, Assert.Single((await RotateAsync(server, begin: false)).Destroyed));
        await broken.UseAsync(server);
    }

    [Fact]
    public async Task A_tombstone_keeps_its_KEK_and_stops_nothing()
    {
        await using var server = await OpenAsync();
        using var user = await TestUser.CreateAsync(server, "user", 1);
        var key = await KeyRowOfAsync(server, user);
        var stored = (await server.Keys.ReadAsync(key, default))!;
        var tombstone = KeyRow.Decode(stored.Value) with { State = KeyRowState.Erased, WrappedSubjectKey = default };
        await server.Keys.WriteAsync([new RowWrite.Replace(stored, tombstone.Encode())], default);

        Assert.False(server.Ring.IsGoneUpTo(tombstone.Kek));
        await RotateAsync(server);
        Assert.Equal(First, KeyRow.Decode((await server.Keys.ReadAsync(key, default))!.Value).Kek);
        Assert.True(server.Ring.IsGoneUpTo(tombstone.Kek));
        Assert.False(server.Ring.IsGoneUpTo(server.Ring.Current.Id));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_rotation_that_a_crash_cut_short_goes_on_from_ring_and_rows(int after)
    {
        var folder = Directory.CreateTempSubdirectory("keyrecovery-rotation-").FullName;
        HeldKeyStore held = null!;
        var first = await TestService.OpenAsync(folder, SystemRandom.Instance, store => held = new HeldKeyStore(store));
        var users = new List<TestUser>();
        for (var i = 0; i < 3; i++) users.Add(await TestUser.CreateAsync(first, $"user {i}", i));
        await first.Ring.AddNextAsync(default);
        if (after > 0) await first.Ring.PromoteAsync(default);
        if (after > 1)
        {
            // Cut off when three of the six rows are moved.
            held.BeforeWrite = async writes =>
            {
                held.BeforeWrite = null;
                Assert.IsType<WriteResult.Written>(await held.WriteAsync([.. writes.Take(3)], default));
                throw new OperationCanceledException();
            };
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => first.Service.Rotation.RunAsync(false, null, default));
        }
        await first.CloseAsync();

        await using var server = await TestService.OpenAsync(folder, SystemRandom.Instance);
        Assert.True(server.Service.Rotation.IsUnfinished);
        foreach (var user in users) await user.GuessAsync(server);
        Assert.Equal(First, Assert.Single((await RotateAsync(server, begin: false)).Destroyed));
        await AssertAllOnAsync(server, new KekId(2), 6);
        foreach (var user in users)
        {
            await user.UseAsync(server);
            await user.GuessAsync(server);
            user.Dispose();
        }
    }

    [Trait("Store", "Files")]
    [Fact]
    public async Task A_copy_of_the_key_store_opens_before_its_KEK_is_destroyed_and_never_again_after()
    {
        await using var server = await OpenAsync();
        using var user = await TestUser.CreateAsync(server, "user", 1);
        var copy = Directory.CreateTempSubdirectory("keyrecovery-copy-").FullName;
        foreach (var name in new[] { "data", "keys", "ring" }) Directory.CreateDirectory(Path.Combine(copy, name));
        foreach (var file in new[] {
            "data/data.db", "data/data.db-wal", "keys/keys.db", "ring/kek-ring", "ring/root.key",
        })
            if (File.Exists(Path.Combine(server.Folder, file)))
                File.Copy(Path.Combine(server.Folder, file), Path.Combine(copy, file));

        // The control: with the ring of that time it opens.
        var control = await TestService.OpenAsync(copy, SystemRandom.Instance);
        (await control.PassAsync(user.Account, user.Phone)).Dispose();
        await user.GuessAsync(control);
        await control.CloseAsync();

        await RotateAsync(server);
        foreach (var file in new[] { "ring/kek-ring", "ring/root.key" })
            File.Copy(Path.Combine(server.Folder, file), Path.Combine(copy, file), overwrite: true);
        await using var thief = await TestService.OpenAsync(copy, SystemRandom.Instance);
        Assert.Equal(2, (await thief.Service.RingAudit.RunAsync(default)).Lost);
        await Assert.ThrowsAsync<RowDamagedException>(() => thief.PassAsync(user.Account, user.Phone));
        await Assert.ThrowsAsync<RowDamagedException>(() => user.GuessAsync(thief));
        await user.UseAsync(server);
    }

    private static async Task<RowKey> KeyRowOfAsync(TestService server, TestUser user)
    {
        using var open = await server.PassAsync(user.Account, user.Phone);
        return open.KeyRowKey;
    }

    private sealed class Teller(Action<RotationProgress> tell) : IProgress<RotationProgress>
    {
        public void Report(RotationProgress value) => tell(value);
    }
}
