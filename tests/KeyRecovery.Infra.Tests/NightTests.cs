using System.Globalization;
using System.Net.Sockets;
using System.Text;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Infra.Tests;

/// <summary>
/// What somebody who is called at night is told by a server that does not start, and by verbs: a sentence that names
/// the thing, and an exit code that says that it failed.
/// </summary>
public sealed class NightTests : IDisposable
{
    private const string Settings =
        """{ "KeyRecovery": { "Authority": "keys.example.org", "Apps": [ { "Id": "messenger", "Issuer": "urn:a",""" +
        """ "Audience": "b", "JwksUrl": "https://127.0.0.1:1/jwks" } ] } }""";

    // Where folders that another user may not enter lie above neither.
    private const string Elsewhere = """
        set -e
        mount -t tmpfs -o mode=755 tmpfs /mnt; mkdir /mnt/app /mnt/data
        mount --bind "$1" /mnt/app; mount --bind "$2" /mnt/data; cd /
        exec setpriv --reuid=1654 --regid=1654 --clear-groups dotnet /mnt/app/KeyRecovery.Api.dll check \
            --environment Production --KeyRecovery:DataDirectory /mnt/data
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_port_that_is_taken_and_an_address_that_is_none_are_one_sentence_and_no_crash()
    {
        await using var other = await ServerProcess.StartAsync(_folder["other"]);
        var taken = $"http://127.0.0.1:{other.Address.Port}";
        foreach (var (urls, what) in new[]
        {
            (taken, "address already in use"), ("http://192.0.2.1:5080", "assign"),
        })
        {
            var (exit, told) = await ServerProcess.RunAsync(
                "serve", "--environment", "Development", "--urls", urls,
                "--KeyRecovery:Authority", "localhost", "--KeyRecovery:DataDirectory", _folder["data"]);
            Assert.Equal(1, exit);
            var lines = told.Trim().Split('\n');
            Assert.StartsWith($"the server does not start at {urls}: ", lines[^1], StringComparison.Ordinal);
            Assert.Contains(what, lines[^1], StringComparison.OrdinalIgnoreCase);
            // The host's own line, and none for each service that was called off.
            Assert.Single(lines, line => line.Contains("\"@l\":\"Error\"", StringComparison.Ordinal));
            Assert.DoesNotContain("\"@l\":\"Fatal\"", told, StringComparison.Ordinal);
        }

        var (code, said) = await ServerProcess.RunAsync("serve", "--environment", "Development", "--urls", "nonsense");
        Assert.Equal((1, true), (code, said.StartsWith("urls is an address such as", StringComparison.Ordinal)));
    }

    [NeedsFact(Need.Prlimit, Need.Linux)]
    public async Task A_server_that_may_open_nothing_more_lives_on_and_hears_its_verbs_when_it_may()
    {
        await using var server = await ServerProcess.StartAsync(_folder["data"]);
        using var caller = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var answer = new byte[100];
        Task<int> heard;
        await LimitAsync("3");
        try
        {
            await caller.ConnectAsync(new UnixDomainSocketEndPoint(_folder["data/ring/control.sock"]));
            await caller.SendAsync("{\"verb\":\"none\"}\n"u8.ToArray());
            heard = caller.ReceiveAsync(answer);
            // Nobody can have taken the call.
            Assert.NotSame(heard, await Task.WhenAny(heard, Task.Delay(300)));
        }
        finally
        {
            await LimitAsync("1024");
        }

        Assert.Contains("there is no such verb", Encoding.UTF8.GetString(answer, 0, await heard),
            StringComparison.Ordinal);
        Assert.Equal(0, await server.StopAsync());

        async Task LimitAsync(string files) => Assert.Equal(0,
            (await Infra.RunAsync("prlimit", $"--pid={server.Id}", $"--nofile={files}:")).ExitCode);
    }

    [NeedsFact(Need.Unshare, Need.Mounting, Need.Linux)]
    public async Task Whoever_runs_a_verb_as_another_user_is_told_so()
    {
        Directory.CreateDirectory(_folder["data"]);
        await File.WriteAllTextAsync(_folder["data/keyrecovery.json"], Settings);
        foreach (var (path, mode) in new[] { ("data", "700"), ("data/keyrecovery.json", "600"), ("", "755") })
            Assert.Equal(0, (await Infra.RunAsync("chmod", mode, _folder[path])).ExitCode);
        Assert.Equal(0, (await VerbAsync("init")).ExitCode);
        // The lock of a server that runs without its socket.
        await using (new FileStream(
            _folder["data/stores/.lock"], FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            Assert.Contains("control.sock", (await VerbAsync("rotate")).Output, StringComparison.Ordinal);
        }

        var key = _folder["data/keys/keys.db"];
        File.Move(key, _folder["keys.db"]);
        Assert.Contains("put it back", (await VerbAsync("check")).Output, StringComparison.Ordinal);
        File.Move(_folder["keys.db"], key);
        Assert.Equal(0, (await VerbAsync("check")).ExitCode);

        // Root in another's folder, and another in root's: the machine's own programs change whose it is.
        await OwnAsync(1654);
        var (exit, told) = await VerbAsync("check");
        Assert.Equal(1, exit);
        Assert.Contains("KeyRecovery:Keys:Directory is another user's", told, StringComparison.Ordinal);
        await OwnAsync(0);
        (exit, told) = await AnotherAsync();
        Assert.Equal(1, exit);
        Assert.Contains("keyrecovery.json cannot be read by this user", told, StringComparison.Ordinal);
        // A restore as root behind the server's back: nothing is missing.
        await OwnAsync(1654);
        await OwnAsync(0, "/stores");
        (exit, told) = await AnotherAsync();
        Assert.Equal(1, exit);
        Assert.Contains("KeyRecovery:Stores:Directory cannot be read by this user", told, StringComparison.Ordinal);
        await OwnAsync(0);
    }

    private Task<(int ExitCode, string Output)> AnotherAsync() => Infra.RunAsync("unshare",
        "--mount", "sh", "-c", Elsewhere, "sh", AppContext.BaseDirectory, _folder["data"]);

    private async Task OwnAsync(int user, string place = "") => Assert.Equal(0, (await Infra.RunAsync(
        "chown", "-R", user.ToString(CultureInfo.InvariantCulture), _folder["data"] + place)).ExitCode);

    private Task<(int ExitCode, string Output)> VerbAsync(string verb) => ServerProcess.RunAsync(
        verb, "--environment", "Production", "--KeyRecovery:DataDirectory", _folder["data"]);
}
