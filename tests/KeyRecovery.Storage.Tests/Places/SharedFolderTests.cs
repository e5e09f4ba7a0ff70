using System.Diagnostics;
using System.Globalization;
using System.Text;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Fence;
using KeyRecovery.Storage.Files.Log;
using KeyRecovery.Storage.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Storage.Tests.Places;

/// <summary>Several processes on one folder, one of them ended at any moment: nothing acknowledged is lost.</summary>
public sealed class SharedFolderTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    [Trait("Category", "Long")]
    public async Task Three_processes_share_the_fence_and_the_log_and_lose_nothing_that_was_acknowledged()
    {
        var said = new List<string>();
        for (var round = 0; round < 4; round++)
        {
            Child[] children = [.. Enumerable.Range(0, 3).Select(_ => Child.Start("share", _folder.Root))];
            foreach (var child in children) Assert.Equal("sharing", await child.ReadLineAsync());
            await Task.Delay(700 + 100 * round);
            foreach (var child in children)
            {
                said.AddRange((await child.KillAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries));
                child.Dispose();
            }
        }

        using var tombstones = new TombstoneFile(Path.Combine(_folder.Root, "fence"));
        var listed = (await tombstones.ReadAsync(default)).Select(t => t.ToString()).ToHashSet();
        var sets = new BackupSetList(
            new SetListFile(Path.Combine(_folder.Root, "fence")), null, TimeProvider.System);
        using var log = new LogFolder(Path.Combine(_folder.Root, "log"));
        var published = long.Parse((await log.CheckpointAsync(default))!, CultureInfo.InvariantCulture);
        var (tiles, owners) = (0, new Dictionary<string, string>());
        foreach (var line in said)
        {
            switch (line.Split(' '))
            {
                case ["tombstone", var hash]: Assert.Contains(hash, listed); break;
                case ["set", var id]:
                    Assert.True(await sets.KnowsAsync(new BackupSetId(Convert.FromHexString(id)), default));
                    break;
                case ["published", var number]:
                    Assert.True(long.Parse(number, CultureInfo.InvariantCulture) <= published);
                    break;
                case ["tile", var name, var content]:
                    tiles++;
                    Assert.Equal(content, Encoding.ASCII.GetString((await log.GetAsync(name, default))!));
                    // Only one of them was told that its bytes are there.
                    Assert.True(owners.TryAdd(name, content));
                    break;
            }
        }

        Assert.True(listed.Count > 30 && tiles > 30, $"{listed.Count} tombstones, {tiles} tiles");
    }

    [NeedsFact(Need.Linux)]
    public async Task Whoever_stands_still_with_the_turn_keeps_the_others_from_it_and_they_go_on_when_it_does()
    {
        using var child = Child.Start("turn", _folder.Root);
        Assert.Equal("holding", await child.ReadLineAsync());
        await Signals.FreezeAsync(child.Id);
        using var log = new LogFolder(Path.Combine(_folder.Root, "log"));
        var watch = Stopwatch.StartNew();
        await Assert.ThrowsAsync<StoreUnavailableException>(
            () => log.PublishAsync("2"u8.ToArray(), _ => true, default).AsTask());
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(4), TimeSpan.FromMinutes(1));
        // Tiles need no turn.
        Assert.Null(await log.PutAsync([new LogFile("tile/0/000", "leaf"u8.ToArray())], default));

        await File.WriteAllTextAsync(GoFile(_folder.Root), "");
        Signals.GoOn(child.Id);
        Assert.Equal("published", await child.ReadLineAsync());
        Assert.True(await log.PublishAsync("2"u8.ToArray(), before => NumberOf(before) == 1, default));
    }

    /// <summary>What the child does that has the turn until it is told to go on.</summary>
    internal static async Task<int> HoldAsync(string root, Action<string> say)
    {
        using var log = new LogFolder(Path.Combine(root, "log"));
        await log.PublishAsync("1"u8.ToArray(), _ =>
        {
            say("holding");
            while (!File.Exists(GoFile(root))) Thread.Sleep(20);
            return true;
        }, default);
        say("published");
        return 0;
    }

    private static string GoFile(string root) => Path.Combine(root, "go");

    /// <summary>What the child does until it is killed.</summary>
    internal static async Task<int> WriteAsync(string root, Action<string> say)
    {
        using var tombstones = new TombstoneFile(Path.Combine(root, "fence"));
        tombstones.Ensure();
        var sets = new BackupSetList(new SetListFile(Path.Combine(root, "fence")), null, TimeProvider.System);
        using var log = new LogFolder(Path.Combine(root, "log"));
        say("sharing");
        for (var round = 0; ; round++)
        {
            var hash = new Hash256(SystemRandom.Bytes(Hash256.Size));
            await tombstones.AppendAsync([hash], default);
            say($"tombstone {hash}");
            var set = new BackupSetId(SystemRandom.Bytes(BackupSetId.Size));
            await sets.AddAsync(set, new KekId(1), DateTimeOffset.UnixEpoch.AddYears(200), default);
            Assert.NotNull(await sets.LastHoldingAsync(new KekId(1), default));
            say($"set {set}");
            // All of them write the same names, each other bytes.
            var (name, content) = ($"tile/0/{round:000}", $"{hash}");
            if (await log.PutAsync([new LogFile(name, Encoding.ASCII.GetBytes(content))], default) is null)
                say($"tile {name} {content}");
            var number = 0L;
            if (await log.PublishAsync(
                Encoding.ASCII.GetBytes($"{NextNumber()}"), before => number > NumberOf(before), default))
                say($"published {number}");

            long NextNumber() => number = NumberOf(log.CheckpointAsync(default).AsTask().Result) + 1;
        }
    }

    private static long NumberOf(byte[]? note) => note is null ? 0 : long.Parse(note, CultureInfo.InvariantCulture);
}
