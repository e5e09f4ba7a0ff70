using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Storage.Files.Log;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Instances;

/// <summary>The log that several instances write, as an auditor sees it who has asked each of them.</summary>
internal sealed class FleetLog(InstanceFleet fleet, NoteKey key) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly LogFolder _folder = new(fleet.Log);
    private readonly Lock _lock = new();
    private readonly HashSet<Checkpoint> _seen = [];

    /// <summary>How many checkpoints were seen.</summary>
    public int Seen => _seen.Count;

    public static async Task<FleetLog> OpenAsync(InstanceFleet fleet)
    {
        using var http = new HttpClient { BaseAddress = fleet.Address };
        var told = await http.GetFromJsonAsync<JsonElement>("/audit/key");
        Assert.True(NoteKey.TryParse(told.GetProperty("log").GetString(), out var key));
        return new FleetLog(fleet, key);
    }

    /// <summary>Looks at what each instance publishes, until told to stop.</summary>
    public async Task WatchAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            foreach (var server in fleet.Running)
            {
                using var http = new HttpClient { BaseAddress = server.Address };
                try
                {
                    See(await http.GetByteArrayAsync($"/audit/{LogFault.Checkpoint}", stop));
                }
                catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
                {
                    // It is dead, or has just been started.
                }
            }

            await Task.Delay(TimeSpan.FromSeconds(2), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Waits until the log has so many leaves of these kinds, and verifies all of it.</summary>
    /// <returns>Its leaves.</returns>
    public async Task<List<AuditLeaf>> VerifyAsync(long count, params AuditEvent[] kinds)
    {
        for (var end = DateTime.UtcNow + Limit; ; await Task.Delay(500))
        {
            var leaves = await WalkAsync();
            var found = leaves.Count(leaf => kinds.Contains(leaf.Event));
            if (found >= count || DateTime.UtcNow > end)
            {
                Assert.Equal(count, found);
                Assert.Distinct(leaves.Select(leaf => Convert.ToHexString(leaf.Encode())));
                return leaves;
            }
        }
    }

    /// <summary>Verifies that the log has no gap, and had each tree that any instance has ever published.</summary>
    /// <returns>Its leaves.</returns>
    public async Task<List<AuditLeaf>> WalkAsync()
    {
        var newest = See((await _folder.CheckpointAsync(default))!);
        var leaves = new List<AuditLeaf>();
        var walk = new LogWalk(_folder, newest.Size)
        {
            Trees = [.. Trees()], Leaf = (_, leaf) => leaves.Add(leaf),
        };
        Assert.Null(await walk.FindFaultAsync(default));
        Assert.Equal(newest.Size, (ulong)leaves.Count);
        return leaves;
    }

    public void Dispose() => _folder.Dispose();

    private Checkpoint See(byte[] note)
    {
        Assert.True(SignedNote.TryParse(note, out var signed) && Checkpoint.TryOpen(signed, key, out _));
        Assert.True(Checkpoint.TryOpen(signed, key, out var checkpoint));
        lock (_lock) _seen.Add(checkpoint);
        return checkpoint;
    }

    private List<Checkpoint> Trees()
    {
        lock (_lock) return [.. _seen];
    }
}
