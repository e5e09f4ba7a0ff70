using System.Text;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Log;

/// <summary>The key of the log is another, and nobody who knew the one before is left alone with it.</summary>
public sealed class LogKeyTests
{
    private readonly TestRandom _random = new(57);

    [Fact]
    public async Task Both_keys_sign_while_they_overlap_then_the_new_one_alone_and_a_leaf_says_so_once()
    {
        await using var server = await TestService.OpenAsync();
        await server.NewAccountAsync(_random, "first");
        await server.LogAsync();
        var old = server.Service.Log!.Key!;
        using var both = await server.RotatedAsync(2, overlaps: true);

        await both.Log!.OpenAsync(default);
        await both.Log.OpenAsync(default);

        var next = both.Log.Key!;
        Assert.NotEqual(old, next);
        Assert.Equal((old, old.Name), (both.Log.KeyBefore, next.Name));
        Assert.Equal((true, true), (await OpensAsync(server, old), await OpensAsync(server, next)));
        var told = AuditLeaf.Decode((await LogWorld.LeavesAsync(server))[^1]);
        Assert.Equal(
            (AuditEvent.LogKeyChanged, Hash256.Of(Encoding.UTF8.GetBytes(next.ToString()))),
            (told.Event, told.Commitment));
        Assert.Equal(2, (await LogWorld.LeavesAsync(server)).Count);

        using var alone = await server.RotatedAsync(1, overlaps: false);
        await alone.Log!.OpenAsync(default);
        // What was published with both stays as it is; the next one is the new key's.
        Assert.Equal(2, (await LogWorld.LeavesAsync(server)).Count);
        await server.NewAccountAsync(_random, "second");
        await alone.Log.PassAsync(default);
        Assert.Equal((next, null), (alone.Log.Key, alone.Log.KeyBefore));
        Assert.Equal((false, true), (await OpensAsync(server, old), await OpensAsync(server, next)));
        Assert.Equal(3, (await LogWorld.LeavesAsync(server)).Count);
    }

    [Fact]
    public async Task Without_an_overlap_the_log_goes_on_all_the_same()
    {
        await using var server = await TestService.OpenAsync();
        await server.NewAccountAsync(_random, "first");
        await server.LogAsync();
        var old = server.Service.Log!.Key!;
        using var rotated = await server.RotatedAsync(3, overlaps: false);

        await rotated.Log!.OpenAsync(default);

        Assert.Equal((false, true), (await OpensAsync(server, old), await OpensAsync(server, rotated.Log.Key!)));
        Assert.Equal(
            [AuditEvent.Created, AuditEvent.LogKeyChanged],
            (await LogWorld.LeavesAsync(server)).Select(leaf => AuditLeaf.Decode(leaf).Event));
    }

    [Fact]
    public async Task A_receipt_that_was_proved_under_the_old_key_verifies_ever_after()
    {
        await using var server = await TestService.OpenAsync();
        server.ErasureHold = TimeSpan.Zero;
        var (account, phone, _) = await server.NewAccountAsync(_random, "goes");
        await server.RequestErasureAsync(account, phone);
        await server.LogAsync();
        var receipt = SignedErasureReceipt.Decode((await server.RefusedAsync(account, phone)).Receipt);
        var old = LogPolicy.Of(server.Service.Log!.Key!);
        using var rotated = await server.RotatedAsync(2, overlaps: false);
        await rotated.Log!.OpenAsync(default);

        Assert.True(receipt.IsLogged(old));
        Assert.False(receipt.IsLogged(LogPolicy.Of(rotated.Log.Key!)));
    }

    [Fact]
    public async Task A_restore_of_a_store_is_a_leaf_once_by_whoever_starts_after_it()
    {
        await using var server = await TestService.OpenAsync();
        await server.NewAccountAsync(_random, "first");
        await server.LogAsync();
        await server.Service.Quarantine.JoinAsync(0, newData: true, newKeys: false, false, default);
        using var restored = server.NewService();

        await restored.Log!.OpenAsync(default);
        await restored.Log.OpenAsync(default);

        var leaf = AuditLeaf.Decode((await LogWorld.LeavesAsync(server))[^1]);
        var row = await server.Keys.ReadAsync(Accounts.Restores.Place, default);
        var id = Accounts.Restores.Decode(row!.Value).Data!.Value.Id;
        Assert.Equal(
            (AuditEvent.Restored, AuditRole.Operator, Hash256.Of(id.ToArray())),
            (leaf.Event, leaf.Role, leaf.Commitment));
        Assert.Equal(2, (await LogWorld.LeavesAsync(server)).Count);
    }

    private static async Task<bool> OpensAsync(TestService server, NoteKey key) =>
        Checkpoint.TryOpen(await server.LogFiles.CheckpointAsync(default), key, out _);
}
