using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Cli.Tests.Witnesses;

/// <summary>
/// A real server and real witnesses over HTTP: what is published has its quorum, whatever the others do; and a server
/// that was put back signs nothing beside what a witness has seen.
/// </summary>
public sealed class WitnessedServerTests : IAsyncLifetime
{
    // As long as a busy machine may take.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    private readonly TempFolder _folder = new();
    private readonly List<WitnessProcess?> _witnesses = [];
    private readonly BadWitness _bad = new();
    private NoteKey _log = null!;

    public async Task InitializeAsync()
    {
        // The log's key is the server's: it is there before its witnesses are.
        await using var server = await ServerProcess.StartAsync(_folder["data"]);
        using var http = new HttpClient { BaseAddress = server.Address };
        var told = (await http.GetFromJsonAsync<JsonElement>("/audit/key")).GetProperty("log").GetString();
        Assert.True(NoteKey.TryParse(told, out var log));
        _log = log;
        await server.StopAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var witness in _witnesses)
            if (witness is not null) await witness.DisposeAsync();
        await _bad.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("never ends")]
    [InlineData("says nothing")]
    [InlineData("floods")]
    [InlineData("no HTTP")]
    [InlineData("leads elsewhere")]
    [InlineData("another text")]
    [InlineData("another key")]
    [InlineData("nonsense")]
    [InlineData("a size of another type")]
    [InlineData("a bigger size")]
    [InlineData("an error")]
    public async Task Two_of_four_are_enough_beside_one_that_is_dead_and_one_that_is_bad(string how)
    {
        _bad.How = how;
        await WitnessAsync(2);
        var policy = await PolicyAsync(2, DeadKey, _bad.Key);
        await using var server = await StartAsync();

        for (var size = 1; size <= 3; size++)
        {
            await ChangeAsync(server);
            var note = await PublishedAsync(server, policy, (ulong)size);
            Assert.All(_witnesses, witness => Assert.NotNull(Cosignature.FindTime(note, witness!.Key)));
            Assert.Null(Cosignature.FindTime(note, _bad.Key));
        }

        Assert.True(_bad.Asked > 0);
        await SaysAsync(server, "WitnessMissing", "bad.example/witness", "WitnessContradicts");
        await SaysAsync(server, "WitnessMissing", "dead.example/witness");
        Assert.DoesNotContain('\u202e', server.Output);
        await server.StopAsync();
    }

    [Fact]
    public async Task Without_a_quorum_the_last_one_stays_published_and_changes_are_made_and_it_catches_up()
    {
        await WitnessAsync(2);
        var policy = await PolicyAsync(2);
        await using var server = await StartAsync();
        await ChangeAsync(server);
        await PublishedAsync(server, policy, 1);
        var (gone, port) = (_witnesses[1]!, _witnesses[1]!.Address.Port);
        await gone.KillAsync();

        await ChangeAsync(server);
        await ChangeAsync(server);
        await SaysAsync(server, "WitnessMissing", gone.Key.Name);
        // The other one has it: what is missing is the quorum alone.
        for (var end = DateTime.UtcNow + Longest; ; await Task.Delay(50))
        {
            Assert.True(DateTime.UtcNow < end);
            var (_, told) = await _witnesses[0]!.LastAsync(_log.Name);
            if (Checkpoint.TryOpen(told, _log, out var last) && last.Size == 3) break;
        }

        Assert.Equal(1UL, (await NowAsync(server, policy)).Size);
        _witnesses[1] = await WitnessProcess.StartAsync(_folder["w1"], [_log.ToString()], port);

        await PublishedAsync(server, policy, 3);
        await server.StopAsync();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task A_server_put_back_to_yesterday_signs_no_fork_says_who_knows_more_and_serves(int quorum)
    {
        await WitnessAsync(2);
        var policy = await PolicyAsync(quorum);
        await using (var today = await StartAsync())
        {
            await ChangeAsync(today);
            await AllHaveAsync(1);
            await today.StopAsync();
        }

        Copy(_folder["data"], _folder["yesterday"]);
        await using (var today = await StartAsync())
        {
            await ChangeAsync(today);
            await ChangeAsync(today);
            await AllHaveAsync(3);
            await today.StopAsync();
        }

        Directory.Delete(_folder["data"], recursive: true);
        Copy(_folder["yesterday"], _folder["data"]);
        await using var server = await StartAsync();

        await ChangeAsync(server);
        await ChangeAsync(server);
        await SaysAsync(server, "LogContradicted", "has cosigned size 3, and the log has 1");
        Assert.Contains("witness.example/", server.Output, StringComparison.Ordinal);
        Assert.Equal(1UL, (await NowAsync(server, policy)).Size);
        foreach (var witness in _witnesses)
        {
            Assert.DoesNotContain(witness!.Told, line => line.Contains("fork", StringComparison.Ordinal));
            Assert.True(Checkpoint.TryOpen((await witness.LastAsync(_log.Name)).Body, _log, out var last));
            Assert.Equal(3UL, last.Size);
        }

        await server.StopAsync();
    }

    [Fact]
    public async Task A_fork_that_a_server_without_witnesses_signed_is_refused_and_kept_by_each_of_them()
    {
        await WitnessAsync(2);
        var policy = await PolicyAsync(0);
        await using (var today = await StartAsync())
        {
            await ChangeAsync(today);
            await AllHaveAsync(1);
            await today.StopAsync();
        }

        Copy(_folder["data"], _folder["yesterday"]);
        await using (var today = await StartAsync())
        {
            await ChangeAsync(today);
            await AllHaveAsync(2);
            await today.StopAsync();
        }

        // The control: nobody is asked, so nobody holds it back, and it signs another tree of two leaves.
        Directory.Delete(_folder["data"], recursive: true);
        Copy(_folder["yesterday"], _folder["data"]);
        await using (var alone = await ServerProcess.StartAsync(_folder["data"]))
        {
            await ChangeAsync(alone);
            await PublishedAsync(alone, policy, 2);
            await alone.StopAsync();
        }

        await using var server = await StartAsync();
        await ChangeAsync(server);
        await SaysAsync(server, "LogContradicted", "knows another tree of size 2");
        foreach (var witness in _witnesses) await witness!.SaysAsync("has signed two trees of one size");
        for (var i = 0; i < 2; i++)
            Assert.Single(Directory.GetFiles(_folder[$"w{i}/state/evidence"], "two-roots-*"));
        await server.StopAsync();
    }

    [Theory]
    [InlineData("quorum none", null)]
    [InlineData("", "no line says the quorum")]
    [InlineData("witness w {0} http://witness.example/\nquorum w", "neither https nor of this machine")]
    [InlineData("witness w {0}\nquorum w", "no address there")]
    public async Task A_policy_that_cannot_be_followed_is_refused_at_the_start(string text, string? why)
    {
        var key = await WitnessProcess.KeyAsync(_folder["w"]);
        await File.WriteAllTextAsync(
            _folder["policy"], string.Format(System.Globalization.CultureInfo.InvariantCulture, text, key) + "\n");
        if (why is null)
        {
            await using var server = await StartAsync();
            await server.StopAsync();
            return;
        }

        var (exitCode, told) = await ServerProcess.RunVerbAsync(
            _folder["data"], "serve", "--urls", "http://127.0.0.1:0", "--KeyRecovery:Log:Policy", _folder["policy"]);
        Assert.NotEqual(0, exitCode);
        Assert.Contains(why, told, StringComparison.Ordinal);
        Assert.Contains("Log:Policy", told, StringComparison.Ordinal);
    }

    private static NoteKey DeadKey => NoteKey.Of(
        "dead.example/witness", NoteSignatureType.Cosignature,
        KeyRecovery.Protocol.Primitives.SigningKey.FromSeed(new byte[32]).PublicKey);

    private async Task WitnessAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await WitnessProcess.KeyAsync(_folder[$"w{i}"], $"witness.example/{i}");
            _witnesses.Add(await WitnessProcess.StartAsync(_folder[$"w{i}"], [_log.ToString()]));
        }
    }

    private async Task<LogPolicy> PolicyAsync(int quorum, params NoteKey[] others)
    {
        var text = new StringBuilder($"log {_log}\n");
        var names = new List<string>();
        void Add(NoteKey key, Uri address)
        {
            names.Add($"w{names.Count}");
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"witness {names[^1]} {key} {address}\n");
        }

        foreach (var witness in _witnesses) Add(witness!.Key, witness.Address);
        foreach (var key in others) Add(key, key == _bad.Key ? _bad.Address : new Uri("http://127.0.0.1:9/"));
        text.Append(quorum == 0 ? "quorum none\n" : $"group g {quorum} {string.Join(' ', names)}\nquorum g\n");
        await File.WriteAllTextAsync(_folder["policy"], text.ToString());
        Assert.True(LogPolicy.TryParse(Encoding.UTF8.GetBytes(text.ToString()), out var policy, out var fault), fault);
        return policy;
    }

    private Task<ServerProcess> StartAsync() =>
        ServerProcess.StartAsync(_folder["data"], 0, ("Log:Policy", _folder["policy"]));

    private static async Task ChangeAsync(ServerProcess server)
    {
        using var device = new TestDevice(server.Address);
        using var vault = await device.CreateAsync(await server.TokenAsync(Canary.NewText()), null);
    }

    // What is published, whenever it is looked at, is as the policy asks, but for the empty one of before.
    private static async Task<Checkpoint> NowAsync(ServerProcess server, LogPolicy policy)
    {
        using var http = new HttpClient { BaseAddress = server.Address };
        Assert.True(SignedNote.TryParse(await http.GetByteArrayAsync("/audit/checkpoint"), out var note));
        Assert.True(Checkpoint.TryParse(note.Text, out var published));
        if (published.Size > 0) Assert.True(policy.TryAccept(note, out _));
        return published;
    }

    private static async Task<SignedNote> PublishedAsync(ServerProcess server, LogPolicy policy, ulong size)
    {
        for (var end = DateTime.UtcNow + Longest; DateTime.UtcNow < end; await Task.Delay(30))
        {
            if ((await NowAsync(server, policy)).Size != size) continue;
            using var http = new HttpClient { BaseAddress = server.Address };
            Assert.True(SignedNote.TryParse(await http.GetByteArrayAsync("/audit/checkpoint"), out var note));
            if (Checkpoint.TryParse(note.Text, out var published) && published.Size == size
                && policy.Witnesses.Count(witness => Cosignature.FindTime(note, witness.Key) is not null) >= 2
                || !policy.NeedsWitnesses) return note;
        }

        throw new TimeoutException($"size {size} is not published: {server.Output}");
    }

    private async Task AllHaveAsync(ulong size)
    {
        foreach (var witness in _witnesses)
            for (var end = DateTime.UtcNow + Longest; ; await Task.Delay(30))
            {
                if (Checkpoint.TryOpen((await witness!.LastAsync(_log.Name)).Body, _log, out var last)
                    && last.Size == size) break;
                Assert.True(DateTime.UtcNow < end, "it is not cosigned");
            }
    }

    private static async Task SaysAsync(ServerProcess server, string what, string about, string? or = null)
    {
        bool Has() => server.Output.Split('\n').Any(line => line.Contains(about, StringComparison.Ordinal)
            && (line.Contains(what, StringComparison.Ordinal)
                || (or is not null && line.Contains(or, StringComparison.Ordinal))));
        for (var end = DateTime.UtcNow + Longest; !Has() && DateTime.UtcNow < end; await Task.Delay(50)) { }
        Assert.True(Has(), server.Output);
    }

    private static void Copy(string from, string to)
    {
        foreach (var path in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            if (path.EndsWith(".sock", StringComparison.Ordinal)) continue;
            var target = Path.Combine(to, Path.GetRelativePath(from, path));
            Directory.CreateDirectory(
                Path.GetDirectoryName(target)!,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.Copy(path, target, overwrite: true);
        }
    }
}
