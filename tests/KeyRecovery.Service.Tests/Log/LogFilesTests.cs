using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Tests.Steps;

namespace KeyRecovery.Service.Tests.Log;

/// <summary>
/// What lies in the log's folder is changed, missing, or older than the head: nothing is signed over it.
/// </summary>
public sealed class LogFilesTests
{
    [Fact]
    public async Task A_bit_of_any_file_is_flipped_and_the_leaf_is_named()
    {
        await using var world = await LogOfAsync(3);
        var refused = 0;
        foreach (var path in Files(world))
        {
            var whole = await File.ReadAllBytesAsync(path);
            for (var bit = 0; bit < whole.Length * 8; bit++)
            {
                var wrong = whole.ToArray();
                wrong[bit / 8] ^= (byte)(1 << (bit % 8));
                await File.WriteAllBytesAsync(path, wrong);
                var checkedLeaf = await WrongAsync(world, 3);
                if (path.EndsWith("checkpoint", StringComparison.Ordinal))
                    await Assert.ThrowsAsync<LogMismatchException>(() => world.Server.Other.Log!.OpenAsync(default));
                // A part that the newest one has outgrown is not looked at.
                else if (path.EndsWith("3", StringComparison.Ordinal))
                    Assert.InRange(checkedLeaf!.Value, 0UL, 2UL);
                refused++;
            }

            await File.WriteAllBytesAsync(path, whole);
        }

        Assert.Null(await WrongAsync(world, 3));
        Assert.InRange(refused, 3 * 32 * 8, 100_000);
    }

    [Fact]
    public async Task A_tile_of_another_tree_is_refused_at_the_start_and_the_leaf_is_named()
    {
        await using var world = await LogOfAsync(6);
        var path = Path.Combine(world.Server.LogPath, "tile", "0", "000.p", "6");
        var tile = await File.ReadAllBytesAsync(path);
        tile[4 * 32] ^= 1;
        await File.WriteAllBytesAsync(path, tile);

        var refused = await Assert.ThrowsAsync<LogMismatchException>(() => world.Server.Other.Log!.OpenAsync(default));

        Assert.Equal(4UL, refused.Index);
        var damaged = Assert.Single((await world.Server.Service.Audit.RunAsync(default)).Damaged);
        Assert.Contains("leaf 4", damaged, StringComparison.Ordinal);
        Assert.Contains("leaf 4", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_is_gone_is_refused()
    {
        await using var world = await LogOfAsync(4);
        Directory.Delete(world.Server.LogPath, recursive: true);

        var refused = await Assert.ThrowsAsync<LogMismatchException>(() => world.Server.Other.Log!.OpenAsync(default));

        Assert.Equal(0UL, refused.Index);
    }

    [Fact]
    public async Task A_log_whose_folder_is_lost_is_begun_anew_by_the_operators_word_alone_and_names_the_old_one()
    {
        await using var world = await LogOfAsync(4);
        var server = world.Server;
        Assert.True(SignedNote.TryParse(await server.LogFiles.CheckpointAsync(default), out var last));
        Directory.Delete(server.LogPath, recursive: true);
        using var wrong = server.NewService(newLogAfter: 3);
        var refused = await Assert.ThrowsAsync<LogMismatchException>(() => wrong.Log!.OpenAsync(default));
        Assert.Contains("BeginAnewAfter=4", refused.Message, StringComparison.Ordinal);
        using var right = server.NewService(newLogAfter: 4);

        await right.Log!.OpenAsync(default);

        var first = AuditLeaf.Decode(Assert.Single(await LogWorld.LeavesAsync(server)));
        Assert.Equal((AuditEvent.LogBegunAnew, Hash256.Of(last.Encode())), (first.Event, first.Commitment));
        Assert.EndsWith("/again-1", right.Log.Key!.Name, StringComparison.Ordinal);
        var user = await world.NewAccountAsync();
        await SequencerTests.CommitAsync(user);
        await right.Log.PassAsync(default);
        Assert.Equal(3, (await LogWorld.LeavesAsync(server)).Count);
        // What the lost log had is not appended again, and nobody's account counts as damaged for it.
        await world.SoundAsync();
        // A start with the same word once more changes nothing.
        await right.Log.OpenAsync(default);
        Assert.Equal(3, (await LogWorld.LeavesAsync(server)).Count);
    }

    [Fact]
    public async Task An_older_folder_is_made_whole_where_the_head_still_owes_it_and_refused_where_not()
    {
        await using var world = await LogOfAsync(2);
        var server = world.Server;
        var user = await world.NewAccountAsync();
        await server.Service.Log!.PassAsync(default);
        var kept = Directory.CreateTempSubdirectory("keyrecovery-log-").FullName;
        LogWorld.Copy(server.LogPath, kept);
        await SequencerTests.CommitAsync(user);
        await server.Service.Log.PassAsync(default);
        Replace(kept, server.LogPath);
        await server.Other.Log!.OpenAsync(default);
        Assert.Equal(4, (await LogWorld.LeavesAsync(server)).Count);
        await SequencerTests.CommitAsync(user);
        await server.Service.Log.PassAsync(default);
        Replace(kept, server.LogPath);

        await Assert.ThrowsAsync<LogMismatchException>(() => server.Other.Log.OpenAsync(default));
        Directory.Delete(kept, recursive: true);
    }

    private static async Task<StepWorld> LogOfAsync(int leaves)
    {
        var world = await StepWorld.OpenAsync();
        await world.Server.Service.Log!.OpenAsync(default);
        var user = await world.NewAccountAsync();
        await world.Server.Service.Log.PassAsync(default);
        for (var i = 1; i < leaves; i++) await SequencerTests.CommitAsync(user);
        await world.Server.Service.Log.PassAsync(default);
        return world;
    }

    private static async ValueTask<ulong?> WrongAsync(StepWorld world, ulong size) =>
        (await new LogWalk(world.Server.LogFiles, size).FindFaultAsync(default))?.Index;

    private static string[] Files(StepWorld world) =>
        Directory.GetFiles(world.Server.LogPath, "*", SearchOption.AllDirectories);

    private static void Replace(string from, string to)
    {
        Directory.Delete(to, recursive: true);
        LogWorld.Copy(from, to);
    }
}
