using System.Text;
using System.Text.Json;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Cli.Tests.Threats;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Cli.Tests.Auditing;

/// <summary><c>audit verify --dir</c>: the real program over a log's folder, whole and with all that can be wrong.
/// </summary>
public sealed class AuditLogTests : IDisposable
{
    private static readonly SigningKey AuditKey = SigningKey.FromSeed(new TestRandom(31).Bytes(32));

    private readonly TempFolder _folder = new();
    private readonly CommandLine _auditor;

    public AuditLogTests() => _auditor = new CommandLine(null, _folder["home"]);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(65_537)]
    public async Task A_log_over_the_borders_of_tiles_holds(int size)
    {
        var log = GrownLog.OfLeaves(size);
        log.Write(_folder["log"]);

        var told = (await VerifyAsync(log)).Ended(0).Json;

        Assert.Equal((GrownLog.Origin, (ulong)size), (Text(told, "origin"), told.GetProperty("size").GetUInt64()));
        Assert.Equal(Convert.ToBase64String(log.Checkpoint.Root.ToArray()), Text(told, "root"));
        Assert.Equal(size, told.GetProperty("events").EnumerateObject().Sum(e => e.Value.GetInt32()));
        Assert.Empty(told.GetProperty("cosigned").EnumerateArray());
        if (size > 0) Assert.Equal(
            (GrownLog.Begun, GrownLog.Begun + (ulong)size - 1),
            (told.GetProperty("earliest").GetUInt64(), told.GetProperty("latest").GetUInt64()));
        var people = await _auditor.RunAsync(
            "audit", "verify", "--dir", _folder["log"], "--key", log.NoteKey.ToString());
        Assert.Contains("holds", people.Ended(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bits_of_each_file_count_and_file_and_leaf_are_named()
    {
        var log = GrownLog.OfLeaves(259);
        log.Write(_folder["log"]);
        foreach (var (name, whole) in log.Files())
        {
            var path = Path.Combine(_folder["log"], name);
            foreach (var bit in new[] { 0, whole.Length * 4 + 3, whole.Length * 8 - 1 })
            {
                await FlipAsync(path, whole, bit);
                var wrong = (await VerifyAsync(log)).Ended(1);
                Assert.Equal("log-wrong", wrong.Text("error"));
                var index = wrong.Json.GetProperty("index").GetUInt64();
                var first = name.Contains("001", StringComparison.Ordinal) ? 256UL : 0;
                if (name.StartsWith("tile/0/", StringComparison.Ordinal))
                    Assert.Equal((ulong)(bit / 8 / 32) + first, index);
                Assert.Equal(name, wrong.Text("path"));
                Assert.Contains("lea", wrong.Error, StringComparison.Ordinal);
                Assert.Contains($"{index}", wrong.Error, StringComparison.Ordinal);
            }

            await File.WriteAllBytesAsync(path, whole);
        }

        var note = log.Checkpoint.Sign(log.Key).Encode();
        for (var bit = 0; bit < note.Length * 8; bit += 97)
        {
            await FlipAsync(Path.Combine(_folder["log"], "checkpoint"), note, bit);
            Assert.Equal("log-checkpoint", (await VerifyAsync(log)).Ended(1).Text("error"));
        }
    }

    [Fact]
    public async Task Files_that_are_gone_cut_or_of_another_log_are_named()
    {
        var log = GrownLog.OfLeaves(300);
        foreach (var (name, change, fault, index) in new (string, Action<string>, string, ulong)[]
        {
            ("checkpoint", File.Delete, "", 0),
            ("tile/entries/000", File.Delete, "missing", 0),
            ("tile/0/001.p/44", File.Delete, "missing", 256),
            ("tile/1/000.p/1", File.Delete, "missing", 0),
            ("tile/0/001.p/44", path => Cut(path, 32), "malformed", 256),
            ("tile/entries/001.p/44", path => Cut(path, 1), "malformed", 256),
            ("tile/entries/001.p/44", path => File.AppendAllText(path, "\0\u0001x"), "malformed", 256),
            // As long as a disk: no more is read than a bundle may have.
            ("tile/0/000", path => Cut(path, -(1L << 40)), "malformed", 0),
            ("tile/0/001.p/44", path => Swap(path), "other-leaf", 256 + 42),
        })
        {
            log.Write(_folder["log"]);
            change(Path.Combine(_folder["log"], name));
            var wrong = (await VerifyAsync(log)).Ended(1);
            if (fault.Length == 0)
            {
                Assert.Equal("not-found", wrong.Text("error"));
                continue;
            }

            Assert.Equal((fault, name, index),
                (wrong.Text("fault"), wrong.Text("path"), wrong.Json.GetProperty("index").GetUInt64()));
            Assert.Equal($"log-wrong.{fault}", wrong.Text("key"));
        }

        // The policy that leaves name.
        foreach (var (change, fault) in new (Action<string>, string)[]
        {
            (File.Delete, "missing"), (path => File.AppendAllText(path, " "), "other-policy"),
            (path => Cut(path, 1), "other-policy"),
        })
        {
            log.Write(_folder["log"]);
            change(Path.Combine(_folder["log"], GrownLog.PolicyName));
            var wrong = (await VerifyAsync(log)).Ended(1);
            Assert.Equal((fault, GrownLog.PolicyName, 0UL),
                (wrong.Text("fault"), wrong.Text("path"), wrong.Json.GetProperty("index").GetUInt64()));
        }

        // A pipe in a tile's place is not waited for.
        log.Write(_folder["log"]);
        File.Delete(Path.Combine(_folder["log"], "tile", "0", "000"));
        await OtherProgram.RunAsync("mkfifo", Path.Combine(_folder["log"], "tile", "0", "000"));
        Assert.Equal("file", (await VerifyAsync(log)).Ended(1).Text("error"));

        // The tree of another log, signed by nobody; and a whole log of other leaves under this one's checkpoint.
        GrownLog.OfLeaves(301).Write(_folder["other"], log.Checkpoint.Sign(log.Key));
        new GrownLog(log.Leaves.Skip(1).Append(log.Leaves[0])).Write(_folder["turned"], log.Checkpoint.Sign(log.Key));
        Assert.Equal("missing", (await VerifyAsync(log, "other")).Ended(1).Text("fault"));
        var turned = (await VerifyAsync(log, "turned")).Ended(1);
        Assert.Equal(("other-tree", 0UL, 299UL), (turned.Text("fault"),
            turned.Json.GetProperty("index").GetUInt64(), turned.Json.GetProperty("last").GetUInt64()));
    }

    [Fact]
    public async Task K_of_n_witnesses_must_have_cosigned_and_who_did_not_is_named()
    {
        var log = GrownLog.OfLeaves(5);
        var keys = Enumerable.Range(0, 3).Select(i => SigningKey.FromSeed(new TestRandom(40 + i).Bytes(32))).ToList();
        var names = keys.Select((_, i) => $"w{i}.example").ToList();
        var policy = new StringBuilder($"log {log.NoteKey}\n");
        for (var i = 0; i < 3; i++)
            policy.Append(
                $"witness W{i} {NoteKey.Of(names[i], NoteSignatureType.Cosignature, keys[i].PublicKey)}\n");
        await File.WriteAllTextAsync(_folder["policy"], $"{policy}group few 2 W0 W1 W2\nquorum few\n");
        var note = log.Checkpoint.Sign(log.Key);
        note = note.With(Cosignature.Sign(note, 1_700_000_001, names[0], keys[0]));
        log.Write(_folder["log"], note);
        string[] verify = ["audit", "verify", "--dir", _folder["log"], "--policy", _folder["policy"]];

        var lacks = (await _auditor.RunAsync([.. verify, "--json"])).Ended(1);
        Assert.Equal(("log-checkpoint", "log-checkpoint.uncosigned"), (lacks.Text("error"), lacks.Text("key")));
        Assert.Contains("w1.example, w2.example", lacks.Text("message"), StringComparison.Ordinal);
        note = note.With(Cosignature.Sign(note, 1_700_000_002, names[2], keys[2]));
        log.Write(_folder["log"], note);
        var holds = (await _auditor.RunAsync([.. verify, "--json"])).Ended(0).Json.GetProperty("cosigned");
        Assert.Equal(["w0.example", "w2.example"], holds.EnumerateArray().Select(by => Text(by, "witness")));
        Assert.Contains(
            "w2.example (2023-11-14", (await _auditor.RunAsync(verify)).Ended(0).Output, StringComparison.Ordinal);

        // Another log's checkpoint, the right name under another key, and what is no note.
        using var other = SigningKey.FromSeed(new TestRandom(50).Bytes(32));
        foreach (var (bytes, key) in new[]
        {
            ((log.Checkpoint with { Origin = "log.example/two" }).Sign(other).Encode(), "other-log"),
            (log.Checkpoint.Sign(other).Encode(), "unsigned"), ("hello"u8.ToArray(), "no-checkpoint"),
            (new byte[1 << 20], "no-checkpoint"), ([], "no-checkpoint"),
        })
        {
            await File.WriteAllBytesAsync(Path.Combine(_folder["log"], "checkpoint"), bytes);
            var refused = (await _auditor.RunAsync([.. verify, "--json"])).Ended(1);
            Assert.Equal($"log-checkpoint.{key}", refused.Text("key"));
        }
    }

    [Fact]
    public async Task A_second_audit_proves_that_the_log_has_grown_and_one_that_was_rewritten_is_caught()
    {
        var log = GrownLog.OfLeaves(700);
        var young = new GrownLog(log.Leaves.Take(290));
        young.Write(_folder["log"]);
        string[] save = ["--save", _folder["kept"]];
        Assert.False((await VerifyAsync(young, "log", save)).Ended(0).Json.TryGetProperty("goesOnFrom", out _));
        var first = await File.ReadAllBytesAsync(_folder["kept"]);
        Assert.Equal(young.Checkpoint.Sign(young.Key).Encode(), first);
        Assert.Equal(290UL, From(await VerifyAsync(young, "log", save)));

        log.Write(_folder["log"]);
        Assert.Equal(290UL, From(await VerifyAsync(log, "log", "--since", _folder["kept"])));
        Assert.Equal(first, await File.ReadAllBytesAsync(_folder["kept"]));
        Assert.Equal(290UL, From(await VerifyAsync(log, "log", save)));
        Assert.Equal(log.Checkpoint.Sign(log.Key).Encode(), await File.ReadAllBytesAsync(_folder["kept"]));

        // One leaf of long ago is another, everything else is made anew and signed.
        var forged = new GrownLog(
            [.. log.Leaves.Take(100), log.Leaves[5], .. log.Leaves.Skip(101).Append(log.Leaves[0])]);
        forged.Write(_folder["forged"]);
        var caught = (await VerifyAsync(forged, "forged", save)).Ended(1);
        Assert.Equal(("log-wrong", "log-wrong.rewritten"), (caught.Text("error"), caught.Text("key")));
        Assert.Equal((0UL, 699UL), (
            caught.Json.GetProperty("index").GetUInt64(), caught.Json.GetProperty("last").GetUInt64()));
        Assert.Equal(_folder["kept"], caught.Text("kept"));
        Assert.Equal(forged.Checkpoint.Sign(forged.Key).Encode(), Convert.FromBase64String(caught.Text("checkpoint")));
        // The older one narrows it, and nothing that was kept is lost.
        await File.WriteAllBytesAsync(_folder["first"], first);
        caught = (await VerifyAsync(forged, "forged", [.. save, "--since", _folder["first"]])).Ended(1);
        Assert.Equal((0UL, 289UL), (
            caught.Json.GetProperty("index").GetUInt64(), caught.Json.GetProperty("last").GetUInt64()));
        young.Write(_folder["young"]);
        var shorter = (await VerifyAsync(young, "young", save)).Ended(1);
        Assert.Equal(("log-wrong.shorter", 290UL),
            (shorter.Text("key"), shorter.Json.GetProperty("index").GetUInt64()));
        Assert.Equal(log.Checkpoint.Sign(log.Key).Encode(), await File.ReadAllBytesAsync(_folder["kept"]));
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.new"));

        // What is no checkpoint of this log is not written over.
        await File.WriteAllTextAsync(_folder["letter"], "Dear auditor");
        Assert.Equal("usage", (await VerifyAsync(log, "log", "--save", _folder["letter"])).Ended(2).Text("error"));
        Assert.Equal("Dear auditor", await File.ReadAllTextAsync(_folder["letter"]));
        Assert.Equal("file", (await VerifyAsync(log, "log", "--since", _folder["nowhere"])).Ended(1).Text("error"));

        static ulong From(CliRun run) => run.Ended(0).Json.GetProperty("goesOnFrom").GetUInt64();
    }

    [Fact]
    public async Task Receipts_are_found_in_the_log_and_those_that_it_hides_are_named()
    {
        var receipts = Enumerable.Range(0, 4).Select(i => Receipt(i, GrownLog.Begun + 10)).ToList();
        var before = Receipt(9, GrownLog.Begun - 1);
        for (var i = 0; i < receipts.Count; i++) await File.WriteAllBytesAsync(_folder[$"r{i}"], receipts[i]);
        await File.WriteAllBytesAsync(_folder["before"], before);
        await File.WriteAllBytesAsync(_folder["forged"], SignAnew(receipts[0]));
        var log = GrownLog.OfLeaves(
            300, new Dictionary<int, Hash256> { [12] = Hash256.Of(receipts[0]), [280] = Hash256.Of(receipts[2]) });
        log.Write(_folder["log"]);
        string[] key = ["--key", AuditKey.PublicKey.ToString(), "--receipt"];

        var told = (await VerifyAsync(log, "log", [.. key, _folder["r0"], _folder["r2"], _folder["before"]])).Ended(0)
            .Json.GetProperty("receipts").EnumerateArray().ToList();
        Assert.Equal([12, 280], told[..2].Select(r => r.GetProperty("index").GetInt32()));
        Assert.False(told[2].TryGetProperty("index", out _));
        Assert.Equal(_folder["r0"], Text(told[0], "file"));

        var hidden = (await VerifyAsync(
            log, "log", [.. key, _folder["r0"], _folder["r1"], _folder["r3"], "--save", _folder["kept"]])).Ended(1);
        Assert.Equal("receipt-not-in-log", hidden.Text("error"));
        Assert.Equal([_folder["r1"], _folder["r3"]],
            hidden.Json.GetProperty("receipts").EnumerateArray().Select(r => Text(r, "file")));
        Assert.Contains("2 of 3 receipts", hidden.Text("message"), StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["kept"]));
        Assert.Equal(
            "receipt-not-in-log", (await VerifyAsync(log, "log", [.. key, _folder["r1"]])).Ended(1).Text("error"));
        Assert.Equal("receipt-invalid",
            (await VerifyAsync(log, "log", [.. key, _folder["r0"], _folder["forged"]])).Ended(1).Text("error"));
        Assert.Equal("usage", (await VerifyAsync(log, "log", "--receipt", _folder["r0"])).Ended(2).Text("error"));

        // A proof leads to an older tree of the same log, which the log must have had.
        var then = new GrownLog(log.Leaves.Take(290));
        var proof = Prove(receipts[0], then, 12);
        await File.WriteAllBytesAsync(_folder["proof"], proof);
        Assert.Equal(12, (await VerifyAsync(log, "log", [.. key, _folder["proof"]])).Ended(0)
            .Json.GetProperty("receipts")[0].GetProperty("index").GetInt32());
        await File.WriteAllTextAsync(_folder["cut"], Encoding.UTF8.GetString(proof).Replace(
            Convert.ToBase64String(then.Inclusion(12)[3].ToArray()), Convert.ToBase64String(new byte[32]),
            StringComparison.Ordinal));
        Assert.Equal(
            "receipt-proof", (await VerifyAsync(log, "log", [.. key, _folder["cut"]])).Ended(1).Text("error"));
        var fork = GrownLog.OfLeaves(270, new Dictionary<int, Hash256> { [7] = Hash256.Of(receipts[1]) });
        await File.WriteAllBytesAsync(_folder["fork"], Prove(receipts[1], fork, 7));
        var forked = (await VerifyAsync(log, "log", [.. key, _folder["r0"], _folder["fork"]])).Ended(1);
        Assert.Equal(("log-wrong.rewritten", _folder["fork"]), (forked.Text("key"), forked.Text("kept")));

        // Without a log they are as they were signed, and no server is asked.
        var offline = (await _auditor.RunAsync(["audit", "verify", "--json", .. key, _folder["r0"], _folder["r1"]]))
            .Ended(0).Json.GetProperty("receipts");
        Assert.Equal(2, offline.GetArrayLength());
    }

    [Fact]
    public async Task What_is_asked_in_another_way_is_told_what_is_missing()
    {
        var log = GrownLog.OfLeaves(1);
        log.Write(_folder["log"]);
        string[] folder = ["--dir", _folder["log"]], key = ["--key", log.NoteKey.ToString()];
        await File.WriteAllTextAsync(_folder["policy"], $"log {log.NoteKey}\nquorum none\n");
        string[] policy = ["--policy", _folder["policy"]];
        await File.WriteAllTextAsync(_folder["none"], "quorum none\n");
        await File.WriteAllTextAsync(_folder["large"], new string('#', 1 << 20));
        await File.WriteAllTextAsync(_folder["written"], $"log {Writing.Text}");
        Assert.Equal(0, (await _auditor.RunAsync(["audit", "verify", .. folder, .. policy])).ExitCode);
        foreach (var (arguments, because) in new (string[], string)[]
        {
            ([], "--log or --dir"), (folder, "--policy FILE"), ([.. folder, .. key, .. policy], "leave it out"),
            ([.. folder, .. key, .. key], "several"),
            ([.. folder, .. key, "--log", "http://127.0.0.1:1"], "one of them"),
            (["--log", "keys.example.org", .. key], "absolute"), (["--log", "ftp://x/", .. key], "absolute"),
            (["--log", "http://a:b@x/", .. key], "password"), (["--log", "http://x/?a", .. key], "ends with its path"),
            ([.. folder, "--key", "no-key"], "--key takes"), ([.. folder, "--policy", _folder["none"]], "names a log"),
            ([.. folder, "--policy", _folder["large"]], "larger"),
            ([.. folder, "--policy", _folder["written"]], "line 1"),
            (["--save", _folder["kept"]], "--log or --dir"), (policy, "--log or --dir"),
        })
        {
            var run = (await _auditor.RunAsync(["audit", "verify", .. arguments])).Ended(2);
            Assert.Contains(because, run.Error, StringComparison.Ordinal);
            Assert.Empty(Writing.Find(run.Error));
        }

        Assert.Equal("file", (await _auditor.RunAsync(
            ["audit", "verify", "--dir", _folder["nowhere"], .. key, "--json"])).Ended(1).Text("error"));
    }

    [Fact]
    public async Task Names_that_write_to_a_terminal_are_encoded_or_refused()
    {
        // A key's name has no control characters; it may turn writing round.
        const string Origin = "log\u202e\u2066\u200f.example";
        var log = GrownLog.OfLeaves(3);
        var note = (log.Checkpoint with { Origin = Origin }).Sign(log.Key);
        log.Write(_folder["log"], note);
        var key = NoteKey.Of(Origin, NoteSignatureType.Ed25519, log.Key.PublicKey).ToString();
        string[] verify = ["audit", "verify", "--dir", _folder["log"], "--key", key];
        foreach (var expected in new[] { 0, 1 })
        {
            var (people, json) = (await _auditor.RunAsync(verify), await _auditor.RunAsync([.. verify, "--json"]));
            Assert.Empty(Writing.Find(people.Ended(expected).Output + people.Error));
            Assert.Empty(Writing.Find(json.Ended(expected).Output + json.Error));
            if (expected == 0) Assert.Equal(Origin, json.Text("origin"));
            File.Delete(Path.Combine(_folder["log"], "tile", "entries", "000.p", "3"));
        }

        // Unsigned text of a checkpoint, extension lines and strangers' names among it.
        foreach (var text in new[]
        {
            $"{Writing.InOneLine}\n3\nAAAA\n\n",
            $"{GrownLog.Origin}\n3\n{Convert.ToBase64String(new byte[32])}\n{Writing.Text}\n", new string('x', 1 << 20),
        })
        {
            await File.WriteAllTextAsync(Path.Combine(_folder["log"], "checkpoint"), text);
            var people = (await _auditor.RunAsync(verify)).Ended(1);
            Assert.Empty(Writing.Find(people.Output + people.Error));
            Assert.InRange(people.Error.Length, 1, 4096);
        }

        foreach (var option in new[] { "--dir", "--since", "--save", "--policy", "--receipt" })
        {
            var run = await _auditor.RunAsync([.. verify[..2], option, Writing.Text, .. verify[2..]]);
            Assert.NotEqual(0, run.ExitCode);
            Assert.Empty(Writing.Find(run.Output + run.Error));
        }

        // Negative control: it is written, where nothing of it is kept.
        Assert.NotEmpty(Writing.Find(Origin));
    }

    [NeedsFact(Need.Script)]
    public async Task At_a_terminal_a_bar_moves_and_Ctrl_C_ends_it()
    {
        var log = GrownLog.OfLeaves(65_537);
        log.Write(_folder["log"]);
        string[] verify = ["audit", "verify", "--dir", _folder["log"], "--key", log.NoteKey.ToString()];
        using (var whole = PseudoTerminal.Start(_auditor, verify))
        {
            await whole.WaitForAsync("Verifying the log");
            Assert.Equal(0, await whole.ExitCodeAsync());
        }

        // An address that is silent is waited for.
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        var address = $"http://{silent.LocalEndpoint}/audit";
        using var waits = PseudoTerminal.Start(
            _auditor, "audit", "verify", "--log", address, "--key", log.NoteKey.ToString());
        using var asked = await silent.AcceptTcpClientAsync();
        await waits.TypeAsync("\u0003");
        Assert.Equal(1, await waits.ExitCodeAsync());
        Assert.Contains("cancelled", waits.Screen, StringComparison.Ordinal);
    }

    private Task<CliRun> VerifyAsync(GrownLog log, string folder = "log", params string[] more) => _auditor.RunAsync(
        ["audit", "verify", "--dir", _folder[folder], "--key", log.NoteKey.ToString(), .. more, "--json"]);

    private static byte[] Receipt(int number, ulong erasedAt) => new ErasureReceipt
    {
        Id = ErasureId.Draw(new TestRandom(60 + number)), Level = 1, App = "demo", Subject = Hash256.Of([(byte)number]),
        RequestedBy = ErasureRequester.Operator, RequestedAt = erasedAt, ErasedAt = erasedAt, Kek = 1,
        KekDestroyedAt = 0, Proofs = [ErasureProof.KeyAbsent, ErasureProof.RowsDeleted],
    }.Sign(AuditKey);

    private static byte[] Prove(byte[] receipt, GrownLog log, int index) => SignedErasureReceipt.Prove(
        receipt, log.Leaves[index], (ulong)index, [.. log.Inclusion(index)], log.Checkpoint.Sign(log.Key));

    private static byte[] SignAnew(byte[] receipt)
    {
        using var other = SigningKey.FromSeed(new TestRandom(51).Bytes(32));
        return SignedErasureReceipt.Decode(receipt).Receipt.Sign(other);
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private static async Task FlipAsync(string path, byte[] whole, int bit)
    {
        var wrong = whole.ToArray();
        wrong[bit / 8] ^= (byte)(1 << (bit % 8));
        await File.WriteAllBytesAsync(path, wrong);
    }

    private static void Cut(string path, long bytes)
    {
        using var file = File.OpenWrite(path);
        file.SetLength(file.Length - bytes);
    }

    // The last two rows.
    private static void Swap(string path)
    {
        var tile = File.ReadAllBytes(path);
        File.WriteAllBytes(path, [.. tile[..^64], .. tile[^32..], .. tile[^64..^32]]);
    }
}
