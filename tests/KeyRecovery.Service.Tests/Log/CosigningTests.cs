using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Tests.Steps;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Log;

/// <summary>
/// What is published has its quorum, whatever some of the witnesses do; and where one of them knows more than the
/// stores, nothing is signed.
/// </summary>
public sealed class CosigningTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("keyrecovery-cosigning-").FullName;
    private readonly TestRandom _random = new(77);
    private TestService _server = null!;
    private KeyRecoveryService _service = null!;

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whoever_cosigns_stands_below_what_is_published(int quorum)
    {
        var bench = new Bench(3);
        await OpenAsync(bench.With(quorum));
        bench.LogKey = Log.Key;
        for (var i = 1; i <= 5; i++)
        {
            await AppendAsync($"user {i}");
            var report = (await Log.CosignAsync(default))!;
            Assert.True(report.IsComplete);
            Assert.Equal((report.Size, report.Size), (report.Published, (await PublishedAsync())!.Size));
            await HasAsync(bench, 0, 1, 2);
        }

        // Once each for a size: whoever has cosigned is not asked again.
        var before = bench.Asked.Count;
        await Log.CosignAsync(default);
        Assert.Equal(before, bench.Asked.Count);
        await CloseAsync();
    }

    [Fact]
    public async Task Without_its_quorum_a_checkpoint_is_not_published_and_the_last_one_stays_and_commits_go_on()
    {
        var bench = new Bench(3);
        await OpenAsync(bench.With(2));
        bench.LogKey = Log.Key;
        await AppendAsync("first");
        await Log.CosignAsync(default);
        var before = await _server.LogFiles.CheckpointAsync(default);
        bench.Lies[0] = bench.Lies[1] = _ => Task.FromResult<WitnessReply>(new WitnessReply.Silent("dead"));

        await AppendAsync("second");
        await AppendAsync("third");
        var report = (await Log.CosignAsync(default))!;

        Assert.Equal((3UL, 1UL), (report.Size, report.Published));
        Assert.Equal(before, await _server.LogFiles.CheckpointAsync(default));
        Assert.Equal(0, await LogWorld.WaitingAsync(_server));
        // One that comes back is enough: what the third gave is not asked for again.
        bench.Lies[1] = null;
        bench.Lies[2] = _ => Task.FromResult<WitnessReply>(new WitnessReply.Silent("dead"));
        Assert.Equal(3UL, (await Log.CosignAsync(default))!.Published);
        await HasAsync(bench, 1, 2);
        await CloseAsync();
    }

    public static TheoryData<string> Liars =>
    [
        "dead", "never", "another text", "another key", "another name", "nothing", "a bigger size", "an unknown status",
        "a smaller size each time", "the size that it was told", "inconsistent",
    ];

    [Theory]
    [MemberData(nameof(Liars))]
    public async Task One_of_three_may_do_what_it_will(string how)
    {
        var bench = new Bench(4);
        await OpenAsync(bench.With(2));
        bench.LogKey = Log.Key;
        await AppendAsync("first");
        await Log.CosignAsync(default);
        bench.Lies[0] = Lie(bench, how);
        // What it shows is not of this log's key.
        bench.Shows = which => which == 0 ? [1, 2, 3] : null;
        for (var i = 0; i < 3; i++)
        {
            await AppendAsync($"user {i}");
            var report = (await Log.CosignAsync(default).WaitAsync(TimeSpan.FromSeconds(30)))!;
            Assert.Equal(report.Size, report.Published);
            var liar = Assert.Single(report.Witnesses, standing => standing.Witness == bench.KeyOf(0));
            Assert.NotNull(liar.Trouble);
            await HasAsync(bench, 1, 2, 3);
            Assert.Null(Cosignature.FindTime((await NoteAsync())!, bench.KeyOf(0)));
        }

        await CloseAsync();
    }

    [Trait("Store", "Files")]
    [Theory]
    [InlineData(0, "keys")]
    [InlineData(0, "data", "keys", "log")]
    [InlineData(2, "keys")]
    [InlineData(2, "data", "keys", "log")]
    [InlineData(2, "data", "keys", "log", "unproven")]
    public async Task Stores_of_yesterday_sign_no_fork_while_a_witness_knows_more(int quorum, params string[] restored)
    {
        var bench = new Bench(3);
        await OpenAsync(bench.With(quorum));
        bench.LogKey = Log.Key;
        await AppendAsync("first");
        await Log.CosignAsync(default);
        await CloseAsync();
        LogWorld.Copy(Path.Combine(_folder, "live"), Path.Combine(_folder, "yesterday"));
        await OpenAsync(bench.With(quorum));
        for (var i = 0; i < 3; i++) await AppendAsync($"lost {i}");
        await Log.CosignAsync(default);
        await CloseAsync();
        var asked = bench.Asked.Count;
        foreach (var store in restored.Where(name => name != "unproven")) Restore(store);
        if (restored.Contains("unproven")) bench.Shows = _ => null;

        await OpenAsync(bench.With(quorum));
        await CreateAsync("new");
        if (restored.Contains("log"))
        {
            for (var i = 0; i < 3; i++)
            {
                var refused = await Assert.ThrowsAsync<LogContradictedException>(() => Log.PassAsync(default));
                Assert.Contains("witness.example/", refused.Message, StringComparison.Ordinal);
                Assert.Contains("has cosigned size 4, and the log has 1", refused.Message, StringComparison.Ordinal);
                await Log.CosignAsync(default);
            }

            Assert.Equal(1, await LogWorld.WaitingAsync(_server));
        }
        else
        {
            // The folder still has what was signed: the log goes on behind it.
            await Log.PassAsync(default);
            Assert.True((await Log.CosignAsync(default))!.IsComplete);
            Assert.Equal(5UL, (await PublishedAsync())!.Size);
        }

        // Nobody was shown two trees of one size.
        var shown = bench.Asked.Select(asked => asked.Request.Checkpoint.Text).Distinct()
            .Select(text => Checkpoint.TryParse(text, out var checkpoint) ? checkpoint : null).ToList();
        Assert.Equal(shown.Count, shown.Select(checkpoint => checkpoint!.Size).Distinct().Count());
        Assert.True(bench.Asked.Count > asked);
        await CloseAsync();
    }

    [Trait("Store", "Files")]
    [Fact]
    public async Task Keys_of_yesterday_take_over_what_was_signed_though_it_was_not_published()
    {
        var bench = new Bench(1);
        await OpenAsync(bench.With(1));
        bench.LogKey = Log.Key;
        await AppendAsync("first");
        await Log.CosignAsync(default);
        await CloseAsync();
        LogWorld.Copy(Path.Combine(_folder, "live"), Path.Combine(_folder, "yesterday"));
        await OpenAsync(bench.With(1));
        await AppendAsync("seen");
        // The witness cosigns it, and its answer is lost: nothing is published, and it was shown.
        bench.Lies[0] = request =>
        {
            bench.Lies[0] = null;
            _ = bench.AddAsync(bench.With(1).Policy.Witnesses[0], request, default).AsTask();
            return Task.FromResult<WitnessReply>(new WitnessReply.Silent("lost"));
        };
        Assert.Equal(1UL, (await Log.CosignAsync(default))!.Published);
        await CloseAsync();
        Restore("keys");

        await OpenAsync(bench.With(1));
        await AppendAsync("new");

        Assert.Equal(3UL, (await Log.CosignAsync(default))!.Published);
        Assert.Equal(3UL, bench.SizeOf(0, Log.Key!.Name));
        Assert.Equal(3, (await LogWorld.LeavesAsync(_server)).Count);
        await CloseAsync();
    }

    [Fact]
    public async Task A_checkpoint_of_another_tree_that_our_key_has_signed_stops_the_log_whoever_shows_it()
    {
        var bench = new Bench(3);
        await OpenAsync(bench.With(2));
        bench.LogKey = Log.Key;
        await AppendAsync("first");
        await Log.CosignAsync(default);
        using var secrets = await SecretsAsync();
        using var keys = secrets.LogKeys();
        var fork = new Checkpoint(Log.Key!.Name, 1, Hash256.Of("another"u8)).Sign(keys.Signing[0]);
        bench.Lies[0] = _ => Task.FromResult<WitnessReply>(new WitnessReply.Refused(422));
        bench.Shows = which => which == 0 ? fork.Encode() : null;
        await AppendAsync("second");
        await Log.CosignAsync(default);

        var refused = await Assert.ThrowsAsync<LogContradictedException>(() => Log.PassAsync(default));

        Assert.Contains("witness.example/0 knows another tree of size 1", refused.Message, StringComparison.Ordinal);
        Assert.Contains("this log's key has signed", refused.Message, StringComparison.Ordinal);
        // It takes it back: so does the log.
        (bench.Lies[0], bench.Shows) = (null, null);
        await Log.CosignAsync(default);
        await AppendAsync("third");
        await CloseAsync();
    }

    [Trait("Store", "Files")]
    [Fact]
    public async Task A_log_that_a_witness_knows_further_is_begun_anew_by_the_operators_word()
    {
        var bench = new Bench(1);
        await OpenAsync(bench.With(0));
        bench.LogKey = Log.Key;
        await AppendAsync("first");
        await CloseAsync();
        LogWorld.Copy(Path.Combine(_folder, "live"), Path.Combine(_folder, "yesterday"));
        await OpenAsync(bench.With(0));
        await AppendAsync("lost");
        await Log.CosignAsync(default);
        await CloseAsync();
        foreach (var store in new[] { "data", "keys", "log" }) Restore(store);

        await OpenAsync(bench.With(0), newLogAfter: 1);
        await Log.PassAsync(default);

        Assert.EndsWith("/again-1", Log.Key!.Name, StringComparison.Ordinal);
        Assert.Equal(AuditEvent.LogBegunAnew, AuditLeaf.Decode((await LogWorld.LeavesAsync(_server))[0]).Event);
        Assert.Equal(2UL, bench.SizeOf(0, Log.Key.Name[..^"/again-1".Length]));
        await CloseAsync();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Sequencer Log => _service.Log!;

    private Task<ServerSecrets> SecretsAsync() =>
        ServerSecrets.LoadOrCreateAsync(_server.Keys, _server.Root, SystemRandom.Instance, default);

    private Func<WitnessRequest, Task<WitnessReply>> Lie(Bench bench, string how)
    {
        var size = 1000UL;
        var stranger = SigningKey.FromSeed(_random.Bytes(32));
        var text = SignedNote.Sign("log.example\n7\n" + Convert.ToBase64String(new byte[32]) + "\n", "a", stranger);
        return request => how switch
        {
            "never" => new TaskCompletionSource<WitnessReply>().Task,
            "another text" => Told(new WitnessReply.Cosigned([bench.Sign(0, text)])),
            "another key" => Told(new WitnessReply.Cosigned(
                [Cosignature.Sign(request.Checkpoint, 9, bench.KeyOf(0).Name, stranger)])),
            "another name" => Told(new WitnessReply.Cosigned([bench.Sign(1, request.Checkpoint)])),
            "nothing" => Told(new WitnessReply.Cosigned([])),
            "a bigger size" => Told(new WitnessReply.Knows(999_999)),
            "an unknown status" => Told(new WitnessReply.Refused(299)),
            "a smaller size each time" => Told(new WitnessReply.Knows(size++ % 2)),
            "the size that it was told" => Told(new WitnessReply.Knows(request.OldSize)),
            "inconsistent" => Told(new WitnessReply.Refused(422)),
            _ => Told(new WitnessReply.Silent(how)),
        };
    }

    private static Task<WitnessReply> Told(WitnessReply reply) => Task.FromResult(reply);

    private async Task OpenAsync(LogWitnesses witnesses, ulong? newLogAfter = null)
    {
        _server = await TestService.OpenAsync(Path.Combine(_folder, "live"), SystemRandom.Instance);
        _service = _server.NewService(newLogAfter, witnesses);
        await Log.OpenAsync(default);
    }

    private async Task CloseAsync()
    {
        _service.Dispose();
        await _server.CloseAsync();
    }

    private void Restore(string store)
    {
        var to = Path.Combine(_folder, "live", store);
        Directory.Delete(to, recursive: true);
        LogWorld.Copy(Path.Combine(_folder, "yesterday", store), to);
    }

    private async Task AppendAsync(string subject)
    {
        await CreateAsync(subject);
        Assert.Equal(1, (await Log.PassAsync(default)).Appended);
    }

    private async Task CreateAsync(string subject)
    {
        var account = TestAccount.Begin(_random, TestAuthority.Device(_random), []);
        Assert.IsType<Outcome<Heads>.Done>(
            await _server.CreateAsync(account, subject));
    }

    private async Task<SignedNote?> NoteAsync() =>
        SignedNote.TryParse(await _server.LogFiles.CheckpointAsync(default), out var note) ? note : null;

    private async Task<Checkpoint?> PublishedAsync() =>
        await NoteAsync() is { } note && Checkpoint.TryOpen(note, Log.Key!, out var published) ? published : null;

    private async Task HasAsync(Bench bench, params int[] witnesses)
    {
        var note = (await NoteAsync())!;
        Assert.All(witnesses, which => Assert.NotNull(Cosignature.FindTime(note, bench.KeyOf(which))));
        Assert.Equal(note.Signatures.Length, note.Signatures.Select(s => (s.Name, s.KeyId)).Distinct().Count());
    }
}
