using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Log;

/// <summary>Reads a log as an auditor does, from its files, and compares it with what the accounts tell.</summary>
internal static class LogWorld
{
    /// <summary>Every leaf of the published log, the oldest first, each of which the checkpoint commits to.</summary>
    public static async Task<IReadOnlyList<ReadOnlyMemory<byte>>> LeavesAsync(TestService server)
    {
        Assert.True(SignedNote.TryParse(await server.LogFiles.CheckpointAsync(default), out var note));
        Assert.True(Checkpoint.TryParse(note.Text, out var checkpoint));
        var leaves = new List<ReadOnlyMemory<byte>>();
        Assert.Null(await LogWalk.To(checkpoint, server.LogFiles).FindFaultAsync(default));
        await foreach (var (index, leaf) in new LogReader(server.LogFiles).EntriesAsync(0, checkpoint.Size, default))
        {
            Assert.Equal((ulong)leaves.Count, index);
            leaves.Add(leaf);
        }

        return leaves;
    }

    /// <summary>What the activity of an account says was done, the oldest first: the leaf hash that each entry must
    /// have.</summary>
    public static async Task<IReadOnlyList<Hash256>> DoneAsync(
        TestService server, TestAccount account, TestAuthority by)
    {
        var done = new List<Hash256>();
        for (ulong? before = null; before is not 0;)
        {
            using var open = await server.PassAsync(account, by);
            var page = (await server.Service.Activity.ReadAsync(open, before, 5, 0, default)).Entries;
            done.AddRange(page.Select(entry => MerkleTree.LeafHash(
                AuditLeaf.Of(AuditDetail.Decode(entry.Detail), entry.Salt).Encode())));
            before = page[^1].Number;
        }

        done.Reverse();
        return done;
    }

    /// <summary>How many changes wait.</summary>
    public static async Task<int> WaitingAsync(TestService server)
    {
        var waiting = 0;
        await foreach (var _ in server.Data.ScanAsync(Table.Outbox, default)) waiting++;
        await foreach (var _ in server.Keys.ScanAsync(Table.KeyOutbox, default)) waiting++;
        return waiting;
    }

    /// <summary>Copies all files of a folder over those of another.</summary>
    public static void Copy(string from, string to)
    {
        foreach (var path in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(path, target, overwrite: true);
        }
    }
}
