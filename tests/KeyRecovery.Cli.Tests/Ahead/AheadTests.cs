using System.Text.Json;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Needs;
using static KeyRecovery.Cli.Tests.Support.JsonLines;

namespace KeyRecovery.Cli.Tests.Ahead;

/// <summary>
/// The command line compiled ahead, which reflects on nothing: it tells machines the same as the portable build, and
/// does everyday work over a real server. That it builds without a warning is looked at with the packages.
/// </summary>
[Trait("Category", "Long")]
public sealed class AheadTests(AheadFixture fixture) : IClassFixture<AheadFixture>
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [NeedsFact(Need.Linker)]
    public async Task Every_command_tells_machines_the_same_as_the_portable_build()
    {
        var (phone, code) = await NewAccountAsync();
        var token = await fixture.NewTokenAsync();
        foreach (var content in (string[])["first", "second"])
            (await phone.TypeAsync(content, "backup", "put", "a", "-", "--json")).Ended(0);
        (await phone.RunAsync("code", "create", "--json")).Ended(0);
        var portable = new CommandLine(fixture.Server.Address, phone.Home) { Executable = null };
        foreach (var (input, arguments) in ((string, string[])[])
        [
            ("", ["account", "show"]), ("", ["account", "undo"]), ("", ["account", "restored"]),
            ("", ["backup", "list"]), ("", ["backup", "history", "a"]), ("", ["backup", "get", "a"]),
            ("", ["backup", "get", "a", "--version", "1"]), ("", ["backup", "get", "nothing"]),
            ("", ["device", "list"]), ("", ["device", "revoke", "nobody"]),
            ("", ["device", "rename", "phone", "phone"]),
            (code, ["code", "check"]), ("kr1 abcd", ["code", "check"]), (code[..^1] + "b", ["code", "check"]),
            ("", ["code", "remove", "nothing"]), ("", ["passphrase", "status", "--token", token]),
            ("x", ["passphrase", "check", "--token", token]), ("", ["passphrase", "pause"]),
            ("", ["erase", "status"]), ("", ["erase", "cancel"]), ("", ["admin", "erasures", "job", "--token", token]),
            ("", ["link", "scan", "KRL1:x"]), ("", ["audit", "verify", "--receipt", "nothing"]),
            ("", ["backup"]), ("", ["account", "show", "--nothing"]), ("", ["recover", "--code", "--remove", "none"]),
        ])
        {
            var (ahead, other) = (await phone.TypeAsync(input, [.. arguments, "--json"]),
                await portable.TypeAsync(input, [.. arguments, "--json"]));
            var what = $"{string.Join(' ', arguments)}\n{other.Output}\n{ahead.Output}\n{ahead.Error}";
            Assert.True(ahead.ExitCode == other.ExitCode, what);
            Assert.True(Shape(ahead.Json) == Shape(other.Json), what);
        }
    }

    [NeedsFact(Need.Linker)]
    public async Task Everyday_work_is_done_with_it()
    {
        var (phone, code) = await NewAccountAsync();
        var content = "32 bytes that must come back ..."u8.ToArray();
        var file = await fixture.NewFileAsync(content);
        Assert.Equal(32, (await phone.RunAsync("backup", "put", "key", file, "--json")).Ended(0).Json
            .GetProperty("size").GetInt32());
        Assert.Equal(content, (await phone.RunAsync("backup", "get", "key")).Ended(0).Bytes);

        var laptop = await fixture.NewAheadAsync();
        using (var show = phone.Start("link", "show", "--yes", "--json"))
        using (var join = laptop.Start(["link", "type", "--json", "--name", "laptop"]))
        {
            await join.StandardInput.WriteLineAsync((await NextAsync(show)).GetProperty("typed").GetString());
            var digits = (await NextAsync(join)).GetProperty("digits").GetString();
            Assert.True((await NextAsync(show)).GetProperty("needsDigits").GetBoolean());
            await show.StandardInput.WriteLineAsync(digits);
            await Task.WhenAll(show.WaitForExitAsync(), join.WaitForExitAsync()).WaitAsync(Limit);
            Assert.Equal((0, 0), (show.ExitCode, join.ExitCode));
        }
        Assert.Equal(content, (await laptop.RunAsync("backup", "get", "key")).Ended(0).Bytes);

        var tablet = await fixture.NewAheadAsync();
        var recovered = await tablet.TypeAsync(
            code, "recover", "--code", "--remove", "none", "--name", "tablet", "--json");
        Assert.Equal("tablet", recovered.Ended(0).Text("deviceName"));
        Assert.Equal(content, (await tablet.RunAsync("backup", "get", "key")).Ended(0).Bytes);
    }

    [NeedsFact(Need.Linker)]
    public async Task The_demo_says_that_it_needs_the_repository()
    {
        var device = await fixture.NewAheadAsync();
        var run = (await device.RunAsync("demo", "--json")).Ended(1);
        Assert.Equal("demo-host", run.Text("error"));
        Assert.Contains("repository", (await device.RunAsync("demo")).Ended(1).Error, StringComparison.Ordinal);
    }

    private async Task<(CommandLine Device, string Code)> NewAccountAsync()
    {
        var device = await fixture.NewAheadAsync();
        var token = (await device.RunAsync("token", "--subject", fixture.NewPath(), "--json")).Ended(0).Text("token");
        var file = await fixture.NewFileAsync(System.Text.Encoding.ASCII.GetBytes(token));
        var made = await device.RunAsync(
            "account", "create", "--kit", fixture.NewPath(".html"), "--name", "phone", "--token", file, "--json");
        return (device, made.Ended(0).Text("code"));
    }

    // Names and kinds of values at every depth: values such as the time left differ from run to run.
    private static string Shape(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object =>
            $"{{{string.Join(',', json.EnumerateObject().Select(m => m.Name + ":" + Shape(m.Value)))}}}",
        JsonValueKind.Array => $"[{string.Join(',', json.EnumerateArray().Select(Shape))}]",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        var kind => kind.ToString(),
    };
}
