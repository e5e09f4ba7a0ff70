using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Cli.Tests.Witnesses;

/// <summary>
/// <c>audit witness</c> as anybody meets it: real HTTP, real files, by the letter of C2SP tlog-witness.
/// </summary>
public sealed class WitnessCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TwoTrees _log = new(parting: 3);

    [Fact]
    public async Task It_cosigns_what_grows_tells_it_and_knows_it_after_a_restart()
    {
        var key = await WitnessProcess.KeyAsync(_folder["w"]);
        await using (var witness = await StartAsync())
        {
            Assert.Equal(key, witness.Key);
            Assert.Equal(HttpStatusCode.NotFound, (await witness.LastAsync(_log.Origin)).Status);
            for (var (from, to) = (0, 1); to < 20; (from, to) = (to, to + from % 4))
                await CosignsAsync(witness, from, to);
            Assert.Equal(0, await witness.StopAsync());
        }

        await using var again = await StartAsync();
        var size = again.Listening.GetProperty("logs")[0].GetProperty("size").GetInt32();
        Assert.InRange(size, 10, 20);
        await CosignsAsync(again, size, size);
        await CosignsAsync(again, size, 40);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["w/key"]));
    }

    [Fact]
    public async Task Each_refusal_has_its_status()
    {
        await WitnessProcess.KeyAsync(_folder["w"]);
        await using var witness = await StartAsync();
        await CosignsAsync(witness, 0, 5);
        var stranger = new TwoTrees(seed: 2);

        Assert.Equal(HttpStatusCode.NotFound, (await witness.AddAsync(
            new TwoTrees(origin: "log.example/two").Request(0, 5))).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await witness.AddAsync(stranger.Request(0, 5))).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await witness.AddAsync(_log.Request(9, 8))).Status);
        var (status, type, body) = await witness.AddAsync(_log.Request(4, 8));
        Assert.Equal((HttpStatusCode.Conflict, "text/x.tlog.size", "5\n"),
            (status, type, Encoding.UTF8.GetString(body)));
        var wrong = _log.Request(5, 8);
        Assert.Equal(HttpStatusCode.UnprocessableEntity,
            (await witness.AddAsync(wrong with { Proof = wrong.Proof[1..] })).Status);
        foreach (var text in new[] { "", "old 5", "old 05\n\n", "old 5\nxx\n\n", "old 5\n\nlog.example/one\n", "\0\0" })
            Assert.Equal(HttpStatusCode.BadRequest, (await witness.PostAsync(Encoding.UTF8.GetBytes(text))).Status);
        using var http = new HttpClient { BaseAddress = witness.Address };
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await http.GetAsync("/add-checkpoint")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/../../key")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/%2e%2e/key")).StatusCode);
        // None of it has moved it.
        await CosignsAsync(witness, 5, 8);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(3)]
    public async Task Two_trees_of_one_size_are_kept_as_evidence_that_anybody_verifies_and_are_told(int old)
    {
        await WitnessProcess.KeyAsync(_folder["w"]);
        await using var witness = await StartAsync();
        await CosignsAsync(witness, 0, 5);

        for (var i = 0; i < 3; i++)
            Assert.Equal(
                old == 5 ? HttpStatusCode.UnprocessableEntity : HttpStatusCode.Conflict,
                (await witness.AddAsync(_log.Request(old, 5, isOther: true) with { Proof = [] })).Status);

        await witness.SaysAsync("has signed two trees of one size");
        Assert.Single(witness.Told, line => line.Contains("\"fork\"", StringComparison.Ordinal));
        var file = Assert.Single(Directory.GetFiles(_folder["w/state/evidence"]));
        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(file));
        Assert.Equal("two-roots", json.RootElement.GetProperty("kind").GetString());
        Assert.True(SignedNote.TryParse(Bytes(json, "known"), out var known));
        Assert.True(SignedNote.TryParse(Bytes(json, "shown"), out var shown));
        var evidence = new WitnessEvidence(known, shown);
        Assert.True(evidence.IsFork && evidence.IsSignedBy(_log.Key));
        Assert.Equal(_log.Note(5, isOther: true).Encode(), shown.Encode());
        // Neither has cost it its own view.
        await CosignsAsync(witness, 5, 9);
        Assert.Equal(HttpStatusCode.UnprocessableEntity,
            (await witness.AddAsync(_log.Request(9, 12, isOther: true))).Status);
        await witness.SaysAsync("gave a proof that does not hold");
        await CosignsAsync(witness, 9, 12);
        await witness.KillAsync();
        await using var again = await StartAsync();
        Assert.Equal(2, again.Listening.GetProperty("evidence").GetInt32());
    }

    [Fact]
    public async Task A_flood_of_proofs_that_do_not_hold_fills_no_disk()
    {
        await WitnessProcess.KeyAsync(_folder["w"]);
        await using var witness = await StartAsync();
        await CosignsAsync(witness, 0, 5);
        for (var size = 6; size < 100; size++)
            Assert.Equal(HttpStatusCode.UnprocessableEntity,
                (await witness.AddAsync(_log.Request(5, size, isOther: true))).Status);
        Assert.Equal(64, Directory.GetFiles(_folder["w/state/evidence"]).Length);
    }

    [Fact]
    public async Task Requests_that_race_for_one_log_are_answered_as_one_after_the_other()
    {
        await WitnessProcess.KeyAsync(_folder["w"]);
        await using var witness = await StartAsync();
        await CosignsAsync(witness, 0, 3);
        for (var size = 3; size < 30; size += 3)
        {
            var from = size;
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() =>
                witness.AddAsync(_log.Request(from, from + 3 - i % 3)))));
            // Whoever was first has it; of the others who asks for the same size from there.
            Assert.Contains(answers, answer => answer.Status == HttpStatusCode.OK);
            var last = await SizeAsync(witness);
            Assert.InRange(last, from + 1, from + 3);
            if (last < from + 3) await CosignsAsync(witness, last, from + 3);
        }
    }

    [Fact]
    public async Task A_second_process_on_the_same_state_is_refused()
    {
        await WitnessProcess.KeyAsync(_folder["w"]);
        await using var witness = await StartAsync();
        await EndsAsync("another process keeps the state", [_log.Key.ToString()]);
        await CosignsAsync(witness, 0, 3);
    }

    [Fact]
    public async Task State_that_is_damaged_or_of_another_key_and_a_key_that_others_may_read_are_refused()
    {
        await WitnessProcess.KeyAsync(_folder["w"]);
        await using (var witness = await StartAsync())
            await CosignsAsync(witness, 0, 3);
        var kept = _folder["w/state/" + WitnessAnswer.CheckpointPath(_log.Origin)];
        var note = await File.ReadAllBytesAsync(kept);
        foreach (var wrong in new[] { [], note[..^30], _log.Note(3).Encode(), "x"u8.ToArray() })
        {
            await File.WriteAllBytesAsync(kept, wrong);
            await EndsAsync("no checkpoint that this witness has cosigned", [_log.Key.ToString()]);
        }

        await File.WriteAllBytesAsync(kept, note);
        File.SetUnixFileMode(_folder["w/key"], UnixFileMode.UserRead | UnixFileMode.GroupRead);
        await EndsAsync("open to other users", [_log.Key.ToString()]);
        File.SetUnixFileMode(_folder["w/key"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(_folder["w/key"], _folder["w/old key"]);
        await WitnessProcess.KeyAsync(_folder["w"]);
        await EndsAsync("no checkpoint that this witness has cosigned", [_log.Key.ToString()]);
    }

    [Fact]
    public async Task Names_of_logs_that_turn_writing_around_are_told_harmlessly_and_others_are_refused()
    {
        await WitnessProcess.KeyAsync(_folder["w"]);
        var turned = new TwoTrees(origin: "log.example/\u202etxt.exe");
        await using (var witness = await WitnessProcess.StartAsync(_folder["w"], [turned.Key.ToString()]))
        {
            var (status, _, _) = await witness.AddAsync(turned.Request(0, 2));
            Assert.Equal(HttpStatusCode.OK, status);
            await witness.AddAsync(turned.Request(2, 2, isOther: true));
            await witness.SaysAsync("\\u202etxt.exe");
            Assert.DoesNotContain(witness.Told, line => line.Contains('\u202e', StringComparison.Ordinal));
            // An origin of a megabyte is more than any request may have, and is nobody's.
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await witness.PostAsync(
                [.. "old 0\n\n"u8, .. Enumerable.Repeat((byte)'o', 1024 * 1024)])).Status);
            foreach (var origin in new[] { "a\tb", "a\u0001b", new string('o', 300) })
                Assert.InRange((int)(await witness.PostAsync(Encoding.UTF8.GetBytes(
                    $"old 0\n\n{origin}\n1\nxx=\n\n\u2014 a AAAAAAA=\n"))).Status, 400, 404);
        }

        var people = await new CommandLine(null, _folder["h"]).RunAsync(
            "audit", "witness", "--key", _folder["w/key"], "--state", _folder["w/state"], "--log",
            $"evil\u202e\u0007{new string('x', 10)}+00000000+AA==");
        Assert.DoesNotContain('\u202e', people.Ended(2).Error);
    }

    [Fact]
    public async Task Whoever_is_slow_or_never_ends_is_cut_off_while_others_are_served()
    {
        await WitnessProcess.KeyAsync(_folder["w"]);
        await using var witness = await StartAsync();
        var began = Stopwatch.StartNew();
        var slow = Enumerable.Range(0, 20).Select(i => Task.Run(() => DribbleAsync(witness, i))).ToList();
        for (var size = 0; size < 10; size++) await CosignsAsync(witness, size, size + 1);
        Assert.True(began.Elapsed < TimeSpan.FromSeconds(9), "it was served beside them");
        var ends = await Task.WhenAll(slow);
        Assert.All(ends, end => Assert.InRange(end.TotalSeconds, 5, 40));

        // More connections than it has places: they come to an end, and it serves.
        var many = new List<TcpClient>();
        for (var i = 0; i < 100; i++) many.Add(await ConnectAsync(witness));
        await CosignsAsync(witness, 10, 11);
        foreach (var one in many) one.Dispose();
    }

    [NeedsFact(Need.Mounting)]
    public async Task A_disk_that_is_full_or_takes_nothing_cosigns_nothing_and_says_so()
    {
        await WitnessProcess.KeyAsync(_folder["w"]);
        using var disk = await SmallDisk.MountAsync(_folder["disk"]);
        var state = Path.Combine(disk.Path, "state");
        await using (var witness = await WitnessProcess.StartAsync(_folder["w"], [_log.Key.ToString()], state: state))
        {
            await CosignsAsync(witness, 0, 5);
            disk.Fill();
            var (status, _, body) = await witness.AddAsync(_log.Request(5, 8));
            Assert.Equal(HttpStatusCode.InternalServerError, status);
            Assert.DoesNotContain("\u2014", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
            await witness.SaysAsync("nothing was cosigned");
            Assert.Equal(5, await SizeAsync(witness));
            // The other tree is refused all the same, though it cannot be kept.
            Assert.Equal(HttpStatusCode.UnprocessableEntity,
                (await witness.AddAsync(_log.Request(5, 5, isOther: true))).Status);
            await witness.SaysAsync("it cannot be kept");
            disk.Empty();
            await CosignsAsync(witness, 5, 8);
            await CosignsAsync(witness, 8, 9);
        }

        await disk.CloseAsync();
        await EndsAsync("Read-only", [_log.Key.ToString()], state);
        await disk.OpenAsync();
        await using var again = await WitnessProcess.StartAsync(_folder["w"], [_log.Key.ToString()], state: state);
        await CosignsAsync(again, 9, 10);
    }

    [Fact]
    public async Task Control_a_witness_whose_state_is_lost_cosigns_the_other_tree()
    {
        await WitnessProcess.KeyAsync(_folder["w"]);
        await using (var witness = await StartAsync()) await CosignsAsync(witness, 0, 5);
        Directory.Delete(_folder["w/state"], recursive: true);
        await using var again = await StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await again.AddAsync(_log.Request(0, 5, isOther: true))).Status);
    }

    [Fact]
    public async Task A_log_that_changes_its_key_is_followed_by_both()
    {
        await WitnessProcess.KeyAsync(_folder["w"]);
        var next = new TwoTrees(parting: 3, seed: 2);
        await using var witness = await WitnessProcess.StartAsync(
            _folder["w"], [_log.Key.ToString(), next.Key.ToString()]);
        await CosignsAsync(witness, 0, 5);
        Assert.Equal(HttpStatusCode.OK, (await witness.AddAsync(next.Request(5, 8))).Status);
        await CosignsAsync(witness, 8, 9);
        Assert.Single(witness.Listening.GetProperty("logs").EnumerateArray());
    }

    public void Dispose() => _folder.Dispose();

    private Task<WitnessProcess> StartAsync() => WitnessProcess.StartAsync(_folder["w"], [_log.Key.ToString()]);

    private async Task CosignsAsync(WitnessProcess witness, int from, int to)
    {
        var (status, _, body) = await witness.AddAsync(_log.Request(from, to));
        Assert.True(status == HttpStatusCode.OK, $"{status} {Encoding.UTF8.GetString(body)}");
        Assert.True(WitnessAnswer.TryParse(body, out var cosignatures));
        var note = _log.Note(to).With(Assert.Single(cosignatures));
        var time = Cosignature.FindTime(note, witness.Key)!.Value;
        Assert.InRange(DateTimeOffset.FromUnixTimeSeconds((long)time), DateTimeOffset.UtcNow.AddMinutes(-2),
            DateTimeOffset.UtcNow.AddMinutes(2));
        var (found, told) = await witness.LastAsync(_log.Origin);
        Assert.Equal(HttpStatusCode.OK, found);
        Assert.Equal(note.Encode(), told);
    }

    private async Task<int> SizeAsync(WitnessProcess witness)
    {
        var (_, told) = await witness.LastAsync(_log.Origin);
        Assert.True(Checkpoint.TryOpen(told, _log.Key, out var checkpoint));
        return (int)checkpoint.Size;
    }

    private async Task EndsAsync(string why, string[] logs, string? state = null)
    {
        using var process = WitnessProcess.Start(_folder["w"], logs, state: state);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.NotEqual(0, process.ExitCode);
        Assert.Contains(why, await output + await error, StringComparison.Ordinal);
    }

    private static byte[] Bytes(JsonDocument json, string member) =>
        Encoding.UTF8.GetBytes(json.RootElement.GetProperty(member).GetString()!);

    private static async Task<TcpClient> ConnectAsync(WitnessProcess witness)
    {
        var client = new TcpClient();
        await client.ConnectAsync(witness.Address.Host, witness.Address.Port);
        return client;
    }

    // Says nothing, a head without end, half a body, or one byte after the other.
    private static async Task<TimeSpan> DribbleAsync(WitnessProcess witness, int how)
    {
        var began = Stopwatch.StartNew();
        using var client = await ConnectAsync(witness);
        var stream = client.GetStream();
        try
        {
            if (how % 4 == 1) await stream.WriteAsync("POST /add-checkpoint HTTP/1.1\r\nHost: a\r\n"u8.ToArray());
            if (how % 4 >= 2)
                await stream.WriteAsync(
                    "POST /add-checkpoint HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\nold"u8.ToArray());
            var read = stream.ReadAsync(new byte[4096]).AsTask();
            while (how % 4 is 1 or 3 && !read.IsCompleted)
            {
                await stream.WriteAsync("x"u8.ToArray());
                await Task.Delay(200);
            }

            while (await read > 0) read = stream.ReadAsync(new byte[4096]).AsTask();
        }
        catch (IOException)
        {
            // It was cut off.
        }

        return began.Elapsed;
    }
}
