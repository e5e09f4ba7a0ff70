using System.Text.Json;
using KeyRecovery.Cli.Tests.Support;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary><c>token</c> and <c>account</c>.</summary>
[Collection(CliTests.Name)]
public sealed class AccountTests(CliFixture fixture)
{
    [Fact]
    public async Task A_token_alone_is_printed_so_that_it_can_go_into_a_file()
    {
        var device = fixture.NewDevice();
        var printed = (await device.RunAsync("token", "--subject", "alex")).Ended(0).Output;
        Assert.Equal(3, printed.TrimEnd('\n').Split('.').Length);
        Assert.Equal(3, (await device.RunAsync("token", "--subject", "alex", "--json")).Ended(0).Text("token")
            .Split('.').Length);
        Assert.Equal("not-found",
            (await device.RunAsync("token", "--subject", "alex", "--app", "unheard-of", "--json")).Ended(1)
                .Text("error"));
    }

    [Fact]
    public async Task An_account_is_made_with_a_code_and_shown()
    {
        var (device, code) = await fixture.NewAccountAsync("Alex's phone");
        Assert.Equal(9, code.Split(' ').Length);

        var shown = (await device.RunAsync("account", "show", "--json")).Ended(0).Json;
        var authorities = shown.GetProperty("authorities").EnumerateArray().ToArray();
        Assert.Equal(["device", "code"], authorities.Select(a => a.GetProperty("kind").GetString()));
        Assert.Equal("Alex's phone", authorities[0].GetProperty("name").GetString());
        Assert.Equal(shown.GetProperty("deviceId").GetString(), authorities[0].GetProperty("id").GetString());
        Assert.Equal(0, shown.GetProperty("items").GetInt32());

        var told = (await device.RunAsync("account", "show")).Ended(0).Output;
        Assert.Contains("Alex's phone", told, StringComparison.Ordinal);
        Assert.Contains(shown.GetProperty("accountId").GetString()!, told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whether_there_is_a_code_is_never_left_to_chance()
    {
        var (device, token) = (fixture.NewDevice(), await fixture.NewTokenAsync());
        Assert.Equal(
            "usage", (await device.RunAsync("account", "create", "--token", token, "--json")).Ended(2).Text("error"));
        (await device.RunAsync("account", "create", "--code", "--no-code", "--token", token)).Ended(2);
        (await device.RunAsync("account", "create", "--code")).Ended(2);
        Assert.False(Directory.Exists(device.Home));

        var created = (await device.RunAsync("account", "create", "--no-code", "--token", token, "--json"))
            .Ended(0).Json;
        Assert.False(created.TryGetProperty("code", out _));
        Assert.Contains(
            "no recovery code", (await device.RunAsync("account", "show")).Ended(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_account_of_the_same_user_is_refused_and_nothing_is_overwritten()
    {
        var (first, second, token) = (fixture.NewDevice(), fixture.NewDevice(), await fixture.NewTokenAsync());
        var account = (await first.RunAsync("account", "create", "--no-code", "--token", token, "--json")).Ended(0)
            .Text("accountId");
        Assert.Equal("account-exists",
            (await second.RunAsync("account", "create", "--code", "--token", token, "--json")).Ended(1).Text("error"));
        Assert.Equal("device-state", (await second.RunAsync("account", "show", "--json")).Ended(1).Text("error"));
        Assert.Equal("device-state",
            (await first.RunAsync("account", "create", "--no-code", "--token", token, "--json")).Ended(1)
                .Text("error"));
        Assert.Equal(account, (await first.RunAsync("account", "show", "--json")).Ended(0).Text("accountId"));
    }

    [Fact]
    public async Task The_code_that_is_shown_works_also_when_the_answer_to_an_earlier_attempt_was_lost()
    {
        await using var relay = new TcpRelay { Server = fixture.Server.Address, SwallowsAnswers = true };
        var (device, token) = (fixture.NewDevice(), await fixture.NewTokenAsync());
        Assert.Equal("transient",
            (await device.Through(relay.Address).RunAsync("account", "create", "--code", "--token", token, "--json"))
                .Ended(1).Text("error"));

        var created = (await device.RunAsync("account", "create", "--code", "--token", token, "--json")).Ended(0);
        var check = (await device.TypeAsync(created.Text("code"), "code", "check", "--json")).Ended(0);
        Assert.Equal(created.Text("accountId"), check.Text("accountId"));
        var authorities = (await device.RunAsync("account", "show", "--json")).Ended(0).Json.GetProperty("authorities");
        Assert.Equal(2, authorities.GetArrayLength());
    }

    [Fact]
    public async Task The_home_is_for_its_owner_alone()
    {
        var (device, _) = await fixture.NewAccountAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(device.Home));
        var files = Directory.GetFiles(device.Home);
        Assert.Equal(
            ["device.hold", "device.holder", "device.key", "device.lock", "device.sealed", "server.json"],
            files.Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(
            files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Fact]
    public async Task A_server_that_is_not_there_and_a_home_that_does_not_open_are_told_apart()
    {
        await using var nobody = new TcpRelay();
        var (device, _) = await fixture.NewAccountAsync();
        var unreachable = (await device.Through(nobody.Address).RunAsync("backup", "list", "--json")).Ended(1);
        Assert.Equal("transient", unreachable.Text("error"));
        Assert.Contains(unreachable.Text("message"), unreachable.Error, StringComparison.Ordinal);

        await File.WriteAllBytesAsync(Path.Combine(device.Home, "device.key"), new byte[32]);
        Assert.Equal("home-unreadable", (await device.RunAsync("backup", "list", "--json")).Ended(1).Text("error"));
    }

    [Theory]
    [InlineData("account")]
    [InlineData("backup", "put", "name")]
    [InlineData("backup", "get")]
    [InlineData("backup", "get", "name", "--all", "folder")]
    [InlineData("recover")]
    [InlineData("code", "check", "--no-such-option")]
    [InlineData("account", "show", "--app", "NOT AN APP")]
    [InlineData("backup", "list", "--json", "--version", "x")]
    [InlineData("backup", "get", "name", "--version", "-1")]
    [InlineData("backup", "get", "--all", "folder", "--version", "x")]
    [InlineData("backup", "get", "name", "--version", "1", "--hash", "abcd")]
    [InlineData("account", "undo", "--to")]
    [InlineData("account", "undo", "--to", "1", "--keep-everybody=x")]
    [InlineData("passphrase", "set", "--threshold", "x")]
    [InlineData("passphrase", "set", "--generate", "x")]
    [InlineData("passphrase", "set", "--generate", "13")]
    [InlineData("link", "show", "--minutes", "x")]
    [InlineData("link", "show", "--minutes", "0")]
    public async Task A_wrong_command_line_is_usage(params string[] arguments)
    {
        var run = (await fixture.NewDevice().RunAsync(arguments)).Ended(2);
        if (arguments.Contains("--json")) Assert.Equal("usage", run.Text("error"));
        else Assert.Empty(run.Output);
        Assert.NotEmpty(run.Error);
        Assert.DoesNotContain("System.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_is_no_error_and_names_every_command()
    {
        var help = (await fixture.NewDevice().RunAsync("--help")).Ended(0).Output;
        Assert.All(["demo", "token", "account", "backup", "code", "recover", "--json"],
            word => Assert.Contains(word, help, StringComparison.Ordinal));
        Assert.All(help.Split('\n'), line => Assert.InRange(line.Split("[default:").Length, 1, 2));
    }

    [Fact]
    public async Task Every_command_prints_exactly_one_json_object()
    {
        var (device, code) = await fixture.NewAccountAsync();
        var file = await fixture.NewFileAsync("content"u8.ToArray());
        var other = fixture.NewDevice();
        (string[] Arguments, string Input, CommandLine Device)[] runs =
        [
            (["backup", "put", "a", file], "", device), (["backup", "get", "a"], "", device),
            (["backup", "list"], "", device),
            (["backup", "history", "a"], "", device), (["backup", "get", "--all", fixture.NewPath()], "", device),
            (["backup", "remove", "a"], "", device), (["account", "show"], "", device),
            (["account", "undo"], "", device),
            (["code", "check"], code, device),
            (["recover", "--code", "--remove", "none"], code, other), (["code", "create"], "", device),
            (["code", "remove"], "", device),
        ];
        foreach (var (arguments, input, on) in runs)
        {
            var run = (await on.TypeAsync(input, [.. arguments, "--json"])).Ended(0);
            Assert.Single(run.Output.TrimEnd('\n').Split('\n'));
            Assert.All(run.Json.EnumerateObject(),
                member => Assert.True(char.IsAsciiLetterLower(member.Name[0]), member.Name));
            Assert.False(run.Json.TryGetProperty("error", out JsonElement _));
        }
    }
}
