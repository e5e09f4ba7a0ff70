using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Cli.Tests.Auditing;

/// <summary><c>audit verify --log</c>: the real program, a real server, and what may stand in between.</summary>
public sealed class AuditHttpTests(LiedToFixture fixture) : IClassFixture<LiedToFixture>
{
    // As long as a busy machine may take; the log itself waits for a quarter of a second.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task The_log_of_a_server_holds_and_goes_on_from_what_was_kept()
    {
        fixture.Proxy.Instead = (_, _) => null;
        var phone = await NewAccountAsync();
        var kept = fixture.NewPath(".checkpoint");
        var (auditor, verify) = await AuditorAsync();
        string[] save = [.. verify, "--save", kept];
        var created = await ToldAsync(auditor, verify, told => Count(told, "created") >= 1);
        var first = (await auditor.RunAsync(save)).Ended(0).Json.GetProperty("size").GetUInt64();
        Assert.True(first >= created.GetProperty("size").GetUInt64());

        for (var i = 0; i < 3; i++) (await phone.TypeAsync($"{i}", "backup", "put", $"item {i}", "-")).Ended(0);
        // Looked for without what was kept: each look that keeps begins the next one's count.
        await ToldAsync(auditor, verify, told => Count(told, "committed") >= 3);
        var grown = (await auditor.RunAsync(save)).Ended(0).Json;

        Assert.Equal(first, grown.GetProperty("goesOnFrom").GetUInt64());
        Assert.True(Count(grown, "committed") >= 3);
        var people = (await auditor.RunAsync([.. save.Where(word => word != "--json")])).Ended(0);
        Assert.Contains("It goes on from the", people.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_erasures_the_whole_log_and_all_receipts_hold_over_HTTP_from_the_folder_and_offline()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(
            folder["data"], 0, ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"),
            ("Apps:0:Audience", "demo"), ("Apps:0:Policy:Erasure:HoldHours", "0"));
        using var http = new HttpClient { BaseAddress = server.Address };
        var keys = await http.GetFromJsonAsync<JsonElement>("/audit/key");
        string[] key = ["--key", keys.GetProperty("log").GetString()!, keys.GetProperty("key").GetString()!];
        var auditor = new CommandLine(null, folder["auditor"]) { Executable = CommandLine.Ahead };
        var receipts = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            var phone = new CommandLine(server.Address, folder[$"phone {i}"]) { Executable = CommandLine.Ahead };
            await File.WriteAllTextAsync(folder["token"], await server.TokenAsync($"person {i}"));
            (await phone.RunAsync(
                "account", "create", "--no-code", "--name", "phone", "--token", folder["token"])).Ended(0);
            await phone.RunAsync("erase", "--yes", "--json");
            receipts.Add(folder[$"receipt {i}"]);
            await File.WriteAllTextAsync(receipts[i], await ReceiptAsync(phone));
        }

        string[] verify = ["audit", "verify", .. key, "--receipt", .. receipts, "--json"];
        CliRun run;
        for (var end = DateTime.UtcNow + Longest; ; await Task.Delay(200))
        {
            run = await auditor.RunAsync([.. verify, "--log", $"{server.Address}audit", "--save", folder["kept"]]);
            if (run.ExitCode == 0 || DateTime.UtcNow > end) break;
            Assert.Equal("receipt-not-in-log", run.Text("error"));
        }

        var told = run.Ended(0).Json;
        Assert.Equal(3, told.GetProperty("events").GetProperty("erased").GetInt32());
        var places = told.GetProperty("receipts").EnumerateArray().Select(r => r.GetProperty("index").GetInt32());
        Assert.Equal(3, places.Distinct().Count());
        await server.StopAsync();
        string[] fromFolder = [.. verify, "--dir", folder["data/log"], "--since", folder["kept"]];
        (await auditor.RunAsync(fromFolder)).Ended(0);
        (await auditor.RunAsync(verify)).Ended(0);

        // Negative control: one bundle of the folder is another one by a bit.
        var bundle = Directory.GetFiles(folder["data/log/tile/entries"], "*", SearchOption.AllDirectories)
            .MaxBy(path => new FileInfo(path).Length)!;
        var bytes = await File.ReadAllBytesAsync(bundle);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(bundle, bytes);
        Assert.Equal("log-wrong", (await auditor.RunAsync(fromFolder)).Ended(1).Text("error"));
    }

    [Theory]
    [InlineData("a page", "checkpoint", "transient.login-page")]
    [InlineData("a page", "tile/entries/000", "transient.login-page")]
    [InlineData("a way elsewhere", "checkpoint", "transient.login-page")]
    [InlineData("a way elsewhere", "tile/0/000", "transient.login-page")]
    [InlineData("no end", "checkpoint", "transient.unknown")]
    [InlineData("no end", "tile/entries/000", "transient.unknown")]
    [InlineData("too much", "tile/0/000", "transient.unknown")]
    [InlineData("trouble", "tile/0/000", "transient.middlebox")]
    [InlineData("nothing", "tile/0/000", "log-wrong.missing")]
    [InlineData("nothing", "checkpoint", "not-found")]
    [InlineData("other bytes", "tile/0/000", "log-wrong.malformed")]
    [InlineData("other bytes", "tile/entries/000", "log-wrong.malformed")]
    [InlineData("other bytes", "checkpoint", "log-checkpoint.no-checkpoint")]
    public async Task A_server_that_lies_is_told_as_that_and_one_that_is_in_the_way_as_that(
        string lie, string file, string key)
    {
        fixture.Proxy.Instead = (_, _) => null;
        await NewAccountAsync();
        var (auditor, verify) = await AuditorAsync();
        await ToldAsync(auditor, verify, told => told.GetProperty("size").GetUInt64() >= 1);
        using var elsewhere = new TcpListener(IPAddress.Loopback, 0);
        elsewhere.Start();
        fixture.Proxy.Instead = (_, path) =>
            path.StartsWith($"/audit/{file}", StringComparison.Ordinal) ? Lie(lie, elsewhere) : null;

        var told = (await auditor.RunAsync(verify)).Ended(1);

        Assert.Equal(key, told.Text("key"));
        Assert.False(elsewhere.Pending(), "a redirect was followed");
        if (key.StartsWith("transient", StringComparison.Ordinal))
            Assert.Contains(file, told.Text("message"), StringComparison.Ordinal);
        // Negative control: the same way holds, where nothing stands in it.
        fixture.Proxy.Instead = (_, _) => null;
        (await auditor.RunAsync(verify)).Ended(0);
    }

    private static LyingProxy.Answer Lie(string lie, TcpListener elsewhere) => lie switch
    {
        "a page" => new("", 200, "OK", "text/html", "<html>Welcome to the hotel</html>"u8.ToArray()),
        "a way elsewhere" => new("", 302, "Found", "", []) { Location = $"http://{elsewhere.LocalEndpoint}/" },
        "no end" => new("", 200, "OK", "application/octet-stream", new byte[4096]) { IsEndless = true },
        "too much" => new("", 200, "OK", "application/octet-stream", new byte[10_000_000]),
        "trouble" => new("", 502, "Bad Gateway", "text/plain", "no"u8.ToArray()),
        "nothing" => new("", 404, "Not Found", "text/html", "<html>404</html>"u8.ToArray()),
        "other bytes" => new("", 200, "OK", "application/octet-stream", Encoding.ASCII.GetBytes("\u0001hello")),
        _ => throw new ArgumentException(lie),
    };

    // It comes once it can be proved, or says so.
    private static async Task<string> ReceiptAsync(CommandLine phone)
    {
        for (var end = DateTime.UtcNow + Longest; DateTime.UtcNow < end; await Task.Delay(200))
        {
            var told = (await phone.RunAsync("erase", "status", "--json")).Json;
            if (told.TryGetProperty("receipt", out var receipt)) return receipt.GetString()!;
        }

        throw new TimeoutException("no receipt comes");
    }

    // What it signs is for the proxy's address.
    private async Task<CommandLine> NewAccountAsync()
    {
        var phone = fixture.NewDevice().Through(fixture.Proxy.Address);
        (await phone.RunAsync(
            "account", "create", "--no-code", "--name", "phone", "--token", await fixture.NewTokenAsync())).Ended(0);
        return phone;
    }

    // Asks by the way that may lie, with the keys that were had by the other.
    private async Task<(CommandLine Auditor, string[] Verify)> AuditorAsync()
    {
        using var http = new HttpClient { BaseAddress = fixture.Server.Address };
        var key = (await http.GetFromJsonAsync<JsonElement>("/audit/key")).GetProperty("log").GetString()!;
        return (fixture.NewDevice().WithoutServer(), [
            "audit", "verify", "--log", $"{fixture.Proxy.Address}audit", "--key", key, "--json",
        ]);
    }

    private static int Count(JsonElement told, string name) =>
        told.GetProperty("events").TryGetProperty(name, out var count) ? count.GetInt32() : 0;

    // Changes come into the log a moment after they are done, and others' before them.
    private static async Task<JsonElement> ToldAsync(
        CommandLine auditor, string[] verify, Func<JsonElement, bool> isEnough)
    {
        for (var end = DateTime.UtcNow + Longest; DateTime.UtcNow < end; await Task.Delay(100))
        {
            var told = (await auditor.RunAsync(verify)).Ended(0).Json;
            if (isEnough(told)) return told;
        }

        throw new TimeoutException("the log does not come");
    }
}
