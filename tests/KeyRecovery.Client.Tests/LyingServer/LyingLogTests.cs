using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>
/// A server that shows an account another log than it showed before, or another activity than its devices have signed,
/// is told at the first answer, with both of its checkpoints where it is the log; and nobody is locked out for it.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class LyingLogTests(ServerFixture fixture)
{
    /// <summary>Lies about the entries, which are the newest first: 2, 1 and 0.</summary>
    private static readonly Dictionary<string, (ProtocolFault Fault, Action<JsonArray> Lie)> Entries = new()
    {
        ["drops the newest"] = (ProtocolFault.DroppedEntry, e => e.RemoveAt(0)),
        ["drops one between"] = (ProtocolFault.DroppedEntry, e => e.RemoveAt(1)),
        ["drops the oldest"] = (ProtocolFault.DroppedEntry, e => e.RemoveAt(2)),
        ["drops one, and numbers the others anew"] = (ProtocolFault.DroppedEntry, e =>
        {
            e.RemoveAt(1);
            e[0]!["number"] = 1;
        }),
        ["drops the oldest, and numbers the others anew"] = (ProtocolFault.DroppedEntry, e =>
        {
            e.RemoveAt(2);
            (e[0]!["number"], e[1]!["number"]) = (1, 0);
        }),
        ["drops all"] = (ProtocolFault.DroppedEntry, e => e.Clear()),
        ["tells one twice"] = (ProtocolFault.DroppedEntry, e => e.Insert(1, e[0]!.DeepClone())),
        ["turns the order"] = (ProtocolFault.DroppedEntry, e =>
        {
            var first = e[0]!;
            e.RemoveAt(0);
            e.Add(first);
        }),
        ["swaps details"] = (ProtocolFault.LogProof, e =>
            (e[0]!["detail"], e[1]!["detail"]) = (e[1]!["detail"]!.DeepClone(), e[0]!["detail"]!.DeepClone())),
        ["tells another salt"] = (ProtocolFault.LogProof, e => e[0]!["salt"] = Hash256.Of([1]).ToString()),
        ["tells another place"] = (ProtocolFault.LogProof, e => e[0]!["index"] = 0),
        ["leaves the proof out"] = (ProtocolFault.LogProof, e => e[0]!.AsObject().Remove("proof")),
        ["cuts the proof"] = (ProtocolFault.LogProof, e => e[0]!["proof"]!.AsArray().RemoveAt(0)),
        ["flips a bit of the proof"] = (ProtocolFault.LogProof, e => Flip(e[0]!["proof"]!.AsArray(), 0)),
        ["flips a bit of the proof's end"] = (ProtocolFault.LogProof, e => Flip(e[1]!["proof"]!.AsArray(), 1)),
    };

    /// <summary>Details that the log proves, of another account's, or of what nobody signed.</summary>
    private static readonly Dictionary<string, (ProtocolFault Fault, Func<AuditDetail, AuditDetail> Lie)> Details =
        new()
        {
            ["another account's"] = (ProtocolFault.OtherAccount, d => d with
            {
                Account = new AccountId(Hash256.Of([1]).ToArray().AsSpan(0, 16)),
            }),
            ["another manifest"] = (ProtocolFault.ActivityEntry, d => d with
            {
                Manifest = d.Manifest with { Hash = Hash256.Of([2]) },
            }),
            ["another link"] = (ProtocolFault.ActivityEntry, d => d with
            {
                Chain = d.Chain with { Hash = Hash256.Of([3]) },
            }),
            ["somebody who was never there"] = (ProtocolFault.ActivityEntry, d => d with
            {
                Actor = new AuthorityId(Hash256.Of([4]).ToArray().AsSpan(0, 16)),
            }),
            ["nobody"] = (ProtocolFault.ActivityEntry, d => d with { Actor = null }),
            ["a slot that is a device"] = (ProtocolFault.ActivityEntry, d => d with { Role = AuditRole.Slot }),
            ["an earlier version"] = (ProtocolFault.DroppedEntry, d => d with
            {
                Manifest = d.Manifest with { Version = d.Manifest.Version - 1 },
            }),
        };

    public static TheoryData<string> EntryLies => [.. Entries.Keys];

    public static TheoryData<string> DetailLies => [.. Details.Keys];

    [Theory]
    [MemberData(nameof(EntryLies))]
    public async Task A_lie_about_the_entries_is_told_and_kept(string name)
    {
        await using var scene = await LogScene.BeginAsync(fixture);
        var (fault, lie) = Entries[name];
        scene.Server.Change = told =>
        {
            lie(told["entries"]!.AsArray());
            return told;
        };
        Assert.Equal(fault, await scene.LiedAsync());
        Assert.Equal(fault, scene.Vault.Log.Finding?.Fault);
        // The account works, and the next answer counts as ever.
        scene.Server.Change = null;
        TestDevice.Value(await scene.Vault.PutAsync("a", new byte[] { 9 }));
        Assert.Equal(4, TestDevice.Value(await scene.Vault.Log.ActivityAsync()).Entries.Length);
        Assert.Equal(fault, scene.Vault.Log.Finding?.Fault);
        TestDevice.Value(await scene.Vault.Log.DismissFindingAsync());
        Assert.Null(scene.Vault.Log.Finding);
    }

    [Theory]
    [MemberData(nameof(DetailLies))]
    public async Task A_detail_that_a_log_proves_is_held_against_what_the_device_knows(string name)
    {
        await using var scene = await LogScene.BeginAsync(fixture);
        var (fault, lie) = Details[name];
        using var other = new ForgedLog();
        other.Change = detail => detail.Manifest.Version == 3 ? lie(detail) : detail;
        scene.Server.Log = other;
        using var fresh = scene.Liar.Device();
        using var vault = TestDevice.Value(await scene.LinkedAsync(fresh));
        var lied = Assert.IsType<ClientFailure.ServerLied>(TestDevice.Failure(await vault.Log.ActivityAsync()));
        Assert.Equal(fault, lied.Fault);
    }

    [Fact]
    public async Task Who_brought_a_link_is_who_signed_it_whatever_a_log_proves()
    {
        await using var scene = await LogScene.BeginAsync(fixture);
        using var laptop = scene.Liar.Device();
        using var joined = TestDevice.Value(await scene.LinkedAsync(laptop));
        TestDevice.Value(await scene.Vault.RefreshAsync());
        scene.Server.Log = new ForgedLog();
        scene.Server.Log.Change = detail => detail.Manifest.Version == 4
            ? detail with { Role = AuditRole.Device, Actor = joined.Device } : detail;
        await scene.Phone.Client.ForgetLogAsync();
        using var again = TestDevice.Value(await scene.Phone.Client.OpenAsync());
        var lied = Assert.IsType<ClientFailure.ServerLied>(TestDevice.Failure(await again.Log.ActivityAsync()));
        Assert.Equal(ProtocolFault.ActivityEntry, lied.Fault);
    }

    [Fact]
    public async Task An_older_checkpoint_is_told_with_both()
    {
        await using var scene = await LogScene.BeginAsync(fixture);
        scene.Server.Size = 2;
        var evidence = await scene.CaughtAsync(ProtocolFault.RolledBackLog);
        Assert.Equal((3, 2), (scene.SizeOf(evidence.Known), scene.SizeOf(evidence.Served)));
    }

    [Fact]
    public async Task Who_watches_is_told_of_a_log_that_does_not_hold_by_the_next_look_and_by_each_later_watch()
    {
        await using var scene = await LogScene.BeginAsync(fixture);
        scene.Server.Size = 2;
        Assert.Equal(ProtocolFault.RolledBackLog, (await ToldAsync()).Finding.Fault);
        scene.Server.Size = 3;
        Assert.Equal(ProtocolFault.RolledBackLog, (await ToldAsync()).Finding.Fault);

        async Task<AccountEvent.LogDoubted> ToldAsync()
        {
            using var end = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            await foreach (var told in scene.Vault.WatchAsync(ct: end.Token))
                if (told is AccountEvent.LogDoubted doubted) return doubted;
            throw new InvalidOperationException("the watch ended");
        }
    }

    [Fact]
    public async Task A_log_that_is_gone_is_told_where_there_was_one()
    {
        await using var scene = await LogScene.BeginAsync(fixture);
        scene.Server.Change = told =>
        {
            told.AsObject().Remove("checkpoint");
            return told;
        };
        Assert.True((await scene.CaughtAsync(ProtocolFault.RolledBackLog)).Served.IsEmpty);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_forked_log_is_told_with_both_checkpoints_that_its_own_key_signed(bool grows)
    {
        await using var scene = await LogScene.BeginAsync(fixture);
        scene.Server.Log.Fork(0);
        if (grows) scene.Server.Log.Append([1]);
        var evidence = await scene.CaughtAsync(ProtocolFault.ForkedLog);
        Assert.Equal(3, scene.SizeOf(evidence.Known));
        // The first entry is put in once more, as it is not there any more.
        Assert.Equal(grows ? 5 : 4, scene.SizeOf(evidence.Served));
        // After a start, too, and what was known is still what it was.
        using var again = TestDevice.Value(await scene.Phone.Client.OpenAsync());
        Assert.Equal(ProtocolFault.ForkedLog, again.Log.Finding?.Fault);
        Assert.Equal(evidence.Known.ToArray(), again.Log.Finding!.Known.ToArray());
        Assert.Equal(evidence.Served.ToArray(), again.Log.Finding.Served.ToArray());
        scene.Server.Size = 3;
        await scene.CaughtAsync(ProtocolFault.ForkedLog);
    }

    [Fact]
    public async Task A_proof_that_the_log_goes_on_in_which_a_bit_is_flipped_is_told()
    {
        await using var scene = await LogScene.BeginAsync(fixture);
        TestDevice.Value(await scene.Vault.PutAsync("a", new byte[] { 9 }));
        scene.Server.Change = told =>
        {
            Flip(told["consistency"]!.AsArray(), 0);
            return told;
        };
        await scene.CaughtAsync(ProtocolFault.ForkedLog);
    }

    [Fact]
    public async Task Another_log_key_is_told_until_the_person_says_that_it_is_right()
    {
        await using var scene = await LogScene.BeginAsync(fixture);
        scene.Server.Log = new ForgedLog("log.example/other");
        Assert.IsType<ClientFailure.LogKeyChanged>(TestDevice.Failure(await scene.Vault.Log.ActivityAsync()));
        Assert.Equal(ProtocolFault.LogCheckpoint, scene.Vault.Log.Finding?.Fault);
        TestDevice.Value(await scene.Phone.Client.ForgetLogAsync());
        using var again = await scene.Phone.OpenAsync();
        TestDevice.Value(await again.Log.ActivityAsync());
    }

    [Fact]
    public async Task A_checkpoint_that_the_logs_key_has_not_signed_is_told()
    {
        await using var scene = await LogScene.BeginAsync(fixture);
        foreach (var note in (string[])["", "noise", "a\n1\nAAAA\n\n— a AAAA\n"])
        {
            scene.Server.Change = told =>
            {
                told["checkpoint"] = note;
                return told;
            };
            Assert.Equal(ProtocolFault.LogCheckpoint, await scene.LiedAsync());
        }
        scene.Server.Change = told =>
        {
            var text = told["checkpoint"]!.GetValue<string>();
            told["checkpoint"] = text.Replace("\n3\n", "\n4\n", StringComparison.Ordinal);
            return told;
        };
        Assert.Equal(ProtocolFault.LogCheckpoint, await scene.LiedAsync());
    }

    [Fact]
    public async Task A_list_without_end_ends_where_it_is_longer_than_was_asked_for()
    {
        await using var scene = await LogScene.BeginAsync(fixture);
        scene.Server.Change = told =>
        {
            var entries = told["entries"]!.AsArray();
            for (var i = 0; i < 2_000; i++) entries.Add(entries[0]!.DeepClone());
            return told;
        };
        Assert.Equal(ProtocolFault.DroppedEntry, await scene.LiedAsync());

        // Page after page, each of them in order: as many as were asked for, and no more.
        scene.Server.Change = told =>
        {
            var first = told["entries"]!.AsArray()[0]!;
            var end = LogLiar.Number(scene.Liar.Heard[^1], "before") is > 0 and var before ? before : 1_000_000;
            var limit = LogLiar.Number(scene.Liar.Heard[^1], "limit");
            told["entries"] = new JsonArray([.. Enumerable.Range(1, (int)limit).Select(i =>
            {
                var entry = first.DeepClone();
                entry["number"] = end - (ulong)i;
                return entry;
            })]);
            return told;
        };
        scene.Liar.Forget();
        var told = TestDevice.Value(await scene.Vault.Log.ActivityAsync(before: 1_000_000, limit: 1_000));
        Assert.Equal(1_000, told.Entries.Length);
        Assert.Equal(8, scene.Liar.Heard.Count(heard => heard.Path == "/v1/activity"));
    }

    [Fact]
    public async Task A_change_that_is_not_in_the_log_is_told_at_the_next_opening_once_a_minute_has_passed()
    {
        await using var scene = await LogScene.BeginAsync(fixture);
        TestDevice.Value(await scene.Vault.PutAsync("a", new byte[] { 9 }));
        scene.Server.Size = 3;
        scene.Server.Change = told => At(told, 30);
        using (var early = await scene.Phone.OpenAsync())
            Assert.False(TestDevice.Value(await early.Log.ActivityAsync()).Entries[0].IsProved);
        scene.Server.Change = told => At(told, 70);
        using (var late = TestDevice.Value(await scene.Phone.Client.OpenAsync()))
        {
            Assert.Equal((ProtocolFault.LogMissing, 4ul), (late.Log.Finding!.Fault, late.Log.Finding.Version));
            TestDevice.Value(await late.PutAsync("a", new byte[] { 10 }));
        }

        // It comes at last; what was told stays until the person has seen it.
        (scene.Server.Size, scene.Server.Change) = (null, null);
        using var found = TestDevice.Value(await scene.Phone.Client.OpenAsync());
        Assert.Equal(ProtocolFault.LogMissing, found.Log.Finding?.Fault);
        TestDevice.Value(await found.Log.DismissFindingAsync());
        using var last = await scene.Phone.OpenAsync();
    }

    [Theory]
    [InlineData(404)]
    [InlineData(500)]
    [InlineData(0)]
    public async Task A_log_that_cannot_be_had_locks_nobody_out_and_accuses_nobody_at_once(int status)
    {
        await using var scene = await LogScene.BeginAsync(fixture);
        TestDevice.Value(await scene.Vault.PutAsync("a", new byte[] { 9 }));
        scene.Server.Instead = (_, truth) => status switch
        {
            404 => Told.Problem(404, ProblemTypes.NotFound),
            500 => Told.Problem(500, ProblemTypes.Internal),
            _ => truth with { Body = "{"u8.ToArray() },
        };
        using var vault = await scene.Phone.OpenAsync();
        TestDevice.Value(await vault.PutAsync("a", new byte[] { 10 }));
        Assert.IsNotType<ClientFailure.ServerLied>(TestDevice.Failure(await vault.Log.ActivityAsync()));
        Assert.Null(vault.Log.Finding);
    }

    [Fact]
    public async Task Names_and_networks_with_any_text_are_told_as_they_are()
    {
        const string Hostile = "\u001b[2J\u202e\u0007 evil\r\nproved";
        await using var scene = await LogScene.BeginAsync(fixture);
        scene.Server.Log = new ForgedLog();
        scene.Server.Log.Change = detail => detail with { Network = Hostile };
        using var fresh = scene.Liar.Device();
        using var vault = TestDevice.Value(await scene.LinkedAsync(fresh));
        Assert.All(TestDevice.Value(await vault.Log.ActivityAsync()).Entries, e => Assert.Equal(Hostile, e.Network));
    }

    [Fact]
    public async Task Negative_control_a_log_of_its_own_that_is_honest_accuses_nobody()
    {
        await using var scene = await LogScene.BeginAsync(fixture);
        for (var i = 0; i < 3; i++)
        {
            TestDevice.Value(await scene.Vault.PutAsync("a", new byte[] { 9 }));
            scene.Server.Log.Append([(byte)i]);
            TestDevice.Value(await scene.Vault.Log.ActivityAsync());
            using (await scene.Phone.OpenAsync()) { }
        }
        Assert.Null(scene.Vault.Log.Finding);
    }

    private static JsonNode At(JsonNode told, long seconds)
    {
        told["serverTime"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + seconds;
        return told;
    }

    private static void Flip(JsonArray hashes, int at)
    {
        Hash256.TryParse(hashes[at]!.GetValue<string>(), out var hash);
        var bytes = hash.ToArray();
        bytes[17] ^= 4;
        hashes[at] = new Hash256(bytes).ToString();
    }
}
