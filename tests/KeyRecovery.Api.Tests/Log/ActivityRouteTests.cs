using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Tests.Log;

/// <summary>An account's own view of the log over HTTP (docs/protocol.md §17.1), verified here by hand.</summary>
public sealed class ActivityRouteTests(VaultFixture fixture) : IClassFixture<VaultFixture>
{
    // As long as a busy machine may take.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Each_change_is_told_to_device_and_slot_with_a_proof_that_it_is_in_the_log()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using (var vault = await account.OpenAsync())
            await account.CommittedAsync(account.Phone, TestAccount.ItemCommit(vault, account.Phone));

        var told = await ProvedAsync(account, account.Phone, 2);
        var log = await KeyAsync();
        Assert.True(Checkpoint.TryOpen(
            Encoding.UTF8.GetBytes(told.GetProperty("checkpoint").GetString()!), log, out var checkpoint));
        Assert.Empty(Hashes(told.GetProperty("consistency")));
        var entries = told.GetProperty("entries").EnumerateArray().ToList();
        Assert.Equal([1UL, 0UL], entries.Select(e => e.GetProperty("number").GetUInt64()));
        Assert.Equal(
            [AuditEvent.Committed, AuditEvent.Created], entries.Select(e => Detail(e).Event));
        foreach (var entry in entries)
        {
            Assert.Equal(account.Id, Detail(entry).Account);
            Assert.Equal(account.Phone.Id, Detail(entry).Actor);
            Assert.True(Hash256.TryParse(entry.GetProperty("salt").GetString(), out var salt));
            var leaf = MerkleTree.LeafHash(AuditLeaf.Of(Detail(entry), salt).Encode());
            Assert.True(MerkleProof.VerifyInclusion(
                leaf, entry.GetProperty("index").GetUInt64(), checkpoint.Size, checkpoint.Root,
                Hashes(entry.GetProperty("proof"))));
        }

        var bySlot = await ProvedAsync(account, account.Code, 2);
        Assert.Equal(
            entries.Select(e => e.GetProperty("detail").GetString()),
            bySlot.GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("detail").GetString()));
    }

    [Fact]
    public async Task From_each_smaller_tree_it_is_proved_that_the_log_goes_on_and_from_a_larger_one_nothing()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        await ProvedAsync(account, account.Phone, 1);
        var before = await OpenAsync(await ReadAsync(account, account.Phone, ""));
        using (var vault = await account.OpenAsync())
            await account.CommittedAsync(account.Phone, TestAccount.ItemCommit(vault, account.Phone));
        await ProvedAsync(account, account.Phone, 2);

        var told = await ReadAsync(account, account.Phone, $"?size={before.Size}");
        var now = await OpenAsync(told);
        Assert.True(now.Size > before.Size);
        Assert.True(MerkleProof.VerifyConsistency(
            before.Size, before.Root, now.Size, now.Root, Hashes(told.GetProperty("consistency"))));
        var ahead = await ReadAsync(account, account.Phone, $"?size={now.Size + 1000}");
        Assert.Empty(Hashes(ahead.GetProperty("consistency")));
    }

    [Fact]
    public async Task Pages_are_as_long_as_was_asked_for_and_have_no_gap()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        // More than stand in the row: the oldest are in a chunk.
        for (var i = 0; i < 20; i++)
        {
            using var vault = await account.OpenAsync();
            await account.CommittedAsync(account.Phone, TestAccount.ItemCommit(vault, account.Phone));
        }

        Assert.Equal([20, 19, 18], await NumbersAsync("?limit=3"));
        Assert.Equal([6, 5, 4, 3], await NumbersAsync("?limit=4&before=7"));
        Assert.Equal([1, 0], await NumbersAsync("?before=2"));
        Assert.Empty(await NumbersAsync("?before=0"));
        Assert.Equal(21, (await NumbersAsync("?before=9007199254740991&limit=128")).Count);

        async Task<List<int>> NumbersAsync(string query) =>
        [
            .. (await ReadAsync(account, account.Phone, query)).GetProperty("entries").EnumerateArray()
                .Select(e => e.GetProperty("number").GetInt32()),
        ];
    }

    private async Task<Checkpoint> OpenAsync(JsonElement told)
    {
        var log = await KeyAsync();
        Assert.True(Checkpoint.TryOpen(
            Encoding.UTF8.GetBytes(told.GetProperty("checkpoint").GetString()!), log, out var checkpoint));
        return checkpoint;
    }

    private async Task<NoteKey> KeyAsync()
    {
        var key = (await fixture.Host.Client.GetFromJsonAsync<JsonElement>("/audit/key")).GetProperty("log");
        Assert.True(NoteKey.TryParse(key.GetString(), out var log));
        return log;
    }

    // Until the log has them all.
    private static async Task<JsonElement> ProvedAsync(TestAccount account, Party asker, int entries)
    {
        for (var end = DateTime.UtcNow + Longest; DateTime.UtcNow < end; await Task.Delay(20))
        {
            var told = await ReadAsync(account, asker, "");
            Assert.Equal(entries, told.GetProperty("entries").GetArrayLength());
            if (told.GetProperty("entries").EnumerateArray().All(e => e.TryGetProperty("proof", out _))) return told;
        }

        throw new TimeoutException("the log does not come");
    }

    private static async Task<JsonElement> ReadAsync(TestAccount account, Party asker, string query)
    {
        using var answer = await account.SendAsync(asker, HttpMethod.Get, $"/v1/activity{query}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static AuditDetail Detail(JsonElement entry)
    {
        Assert.True(Base64UrlText.TryDecodeUpTo(
            entry.GetProperty("detail").GetString(), AuditDetail.MaxSize, out var bytes));
        return AuditDetail.Decode(bytes);
    }

    private static List<Hash256> Hashes(JsonElement texts) => [.. texts.EnumerateArray().Select(text =>
    {
        Assert.True(Hash256.TryParse(text.GetString(), out var hash));
        return hash;
    })];
}
