using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Tests.Log;

/// <summary>The log as anybody reads it over HTTP, by C2SP tlog-tiles.</summary>
public sealed class LogRouteTests
{
    // As long as a busy machine may take; the log itself waits for a quarter of a second.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_change_is_published_and_its_leaf_is_proved_by_what_anybody_may_read()
    {
        await using var host = await TestHost.StartAsync();
        var key = (await host.Client.GetFromJsonAsync<JsonElement>("/audit/key")).GetProperty("log").GetString();
        Assert.True(NoteKey.TryParse(key, out var log));
        await TestAccount.CreateAsync(host);
        await TestAccount.CreateAsync(host);

        var checkpoint = await CheckpointAsync(host, log, size: 2);

        var tile = await BytesAsync(host, "/audit/tile/0/000.p/2");
        Hash256[] row = [new(tile.AsSpan(0, 32)), new(tile.AsSpan(32, 32))];
        Assert.Equal(checkpoint.Root, MerkleTree.Root(row));
        Assert.True(EntryBundle.TryDecode(await BytesAsync(host, "/audit/tile/entries/000.p/2"), out var entries));
        Assert.Equal(row, entries.Select(entry => MerkleTree.LeafHash(entry.Span)));
        Assert.All(entries, entry => Assert.Equal(AuditEvent.Created, AuditLeaf.Decode(entry).Event));
    }

    [Fact]
    public async Task Tiles_are_kept_by_caches_for_ever_and_the_checkpoint_is_not()
    {
        await using var host = await TestHost.StartAsync();
        using var newest = await host.Client.GetAsync("/audit/checkpoint");
        Assert.Equal("text/plain; charset=utf-8", newest.Content.Headers.ContentType!.ToString());
        Assert.True(newest.Headers.CacheControl!.NoCache);
        await TestAccount.CreateAsync(host);
        await CheckpointAsync(host, await KeyAsync(host), size: 1);

        using var tile = await host.Client.GetAsync("/audit/tile/0/000.p/1");

        Assert.Equal(HttpStatusCode.OK, tile.StatusCode);
        Assert.Equal("application/octet-stream", tile.Content.Headers.ContentType!.ToString());
        Assert.Equal(TimeSpan.FromDays(365), tile.Headers.CacheControl!.MaxAge);
    }

    [Theory]
    [InlineData("0/000")]
    [InlineData("0/000.p/0")]
    [InlineData("00/000.p/1")]
    [InlineData("0/..%2f..%2fcheckpoint")]
    [InlineData("0/%00")]
    [InlineData("entries/x000/000")]
    [InlineData("0/000.p/1/../../../../stores/data.db")]
    public async Task What_is_no_tile_is_not_found(string path)
    {
        await using var host = await TestHost.StartAsync();
        await TestAccount.CreateAsync(host);
        await CheckpointAsync(host, await KeyAsync(host), size: 1);
        using var answer = await host.Client.GetAsync($"/audit/tile/{path}");
        Assert.InRange((int)answer.StatusCode, 400, 404);
    }

    private static async Task<NoteKey> KeyAsync(TestHost host)
    {
        var key = (await host.Client.GetFromJsonAsync<JsonElement>("/audit/key")).GetProperty("log").GetString();
        Assert.True(NoteKey.TryParse(key, out var log));
        return log;
    }

    private static async Task<Checkpoint> CheckpointAsync(TestHost host, NoteKey log, ulong size)
    {
        for (var end = DateTime.UtcNow + Longest; DateTime.UtcNow < end; await Task.Delay(20))
        {
            Assert.True(Checkpoint.TryOpen(await BytesAsync(host, "/audit/checkpoint"), log, out var checkpoint));
            if (checkpoint.Size == size) return checkpoint;
        }

        throw new TimeoutException("the log does not come");
    }

    private static Task<byte[]> BytesAsync(TestHost host, string path) => host.Client.GetByteArrayAsync(path);
}
