using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary><c>passphrase</c>, and <c>recover --passphrase</c>: real processes, real servers.</summary>
public sealed class PassphraseTests(CliFixture fixture)
    : IClassFixture<CliFixture>
{
    private const string Right = "correct horse battery staple";

    [Fact]
    public async Task What_was_typed_on_one_keyboard_recovers_on_another()
    {
        var (phone, token) = await NewAccountAsync();
        (await phone.TypeAsync("kept", "backup", "put", "identity", "-")).Ended(0);
        var set =
            (await phone.TypeAsync("\uFB01\uFF11\u00E9 sesam \u00F6ffne dich\n", "passphrase", "set", "--token", token,
                "--json")).Ended(0).Json;
        Assert.Equal((true, false, 10),
            (set.GetProperty("set").GetBoolean(), set.GetProperty("replaced").GetBoolean(),
                set.GetProperty("guessesLeft").GetInt32()));

        var laptop = fixture.NewDevice();
        var recovered = (await laptop.TypeAsync(
            "fi1e\u0301 sesam o\u0308ffne dich\n", "recover", "--passphrase", "--remove", "all", "--name", "laptop",
            "--token", token, "--json")).Ended(0).Json;

        Assert.Single(recovered.GetProperty("removed").EnumerateArray());
        Assert.Equal("kept", (await laptop.RunAsync("backup", "get", "identity")).Ended(0).Output);
        Assert.Equal("revoked", (await phone.RunAsync("account", "show", "--json")).Ended(1).Text("error"));
    }

    [Fact]
    public async Task It_goes_along_to_another_login_and_nobody_objects_who_is_new_to_the_servers()
    {
        var (phone, token) = await NewAccountAsync();
        (await phone.TypeAsync(Right, "passphrase", "set", "--token", token)).Ended(0);
        var next = await fixture.NewTokenAsync();

        Assert.True((await phone.RunAsync("passphrase", "move", "--token", next, "--json")).Ended(0).Json
            .GetProperty("moved").GetBoolean());

        Assert.Equal("realm-unreachable", (await phone.RunAsync("passphrase", "object", "--json")).Ended(1)
            .Text("error"));
        Assert.False((await phone.RunAsync("passphrase", "status", "--json")).Ended(0).Json
            .GetProperty("realms")[0].TryGetProperty("concern", out _));
    }

    [Fact]
    public async Task A_wrong_one_says_how_many_guesses_are_left_and_the_owner_sees_it()
    {
        var (phone, token) = await NewAccountAsync();
        (await phone.TypeAsync(Right, "passphrase", "set", "--token", token)).Ended(0);
        var thief = fixture.NewDevice();

        var wrong =
            (await thief.TypeAsync(
                "wrong horse", "recover", "--passphrase", "--remove", "none", "--token", token, "--json")).Ended(1);
        Assert.Equal(("wrong-passphrase", 9), (wrong.Text("error"), wrong.Json.GetProperty("guessesLeft").GetInt32()));
        Assert.Contains("9 guesses are left", wrong.Error, StringComparison.Ordinal);
        var check = (await phone.TypeAsync("wronger horse", "passphrase", "check", "--token", token, "--json"))
            .Ended(1);
        Assert.Equal(8, check.Json.GetProperty("guessesLeft").GetInt32());

        var status = (await phone.RunAsync("passphrase", "status", "--json")).Ended(0).Json;
        Assert.Equal(8, status.GetProperty("guessesLeft").GetInt32());
        Assert.Equal(2, status.GetProperty("realms")[0].GetProperty("guessesSinceRight").GetInt32());
        Assert.Contains("Was it not you?", (await phone.RunAsync("passphrase", "status")).Ended(0).Output,
            StringComparison.Ordinal);

        Assert.Contains(
            "guessed 2 times", (await phone.RunAsync("account", "show")).Ended(0).Error, StringComparison.Ordinal);

        var right = (await phone.TypeAsync(Right, "passphrase", "check", "--token", token, "--json")).Ended(0).Json;
        Assert.Equal(10, right.GetProperty("guessesLeft").GetInt32());
        Assert.DoesNotContain(
            "guessed", (await phone.RunAsync("account", "show")).Ended(0).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_fourth_guess_waits_and_says_how_long()
    {
        var (phone, token) = await NewAccountAsync();
        (await phone.TypeAsync(Right, "passphrase", "set", "--token", token)).Ended(0);
        for (var i = 0; i < 3; i++)
            (await phone.TypeAsync("wrong horse", "passphrase", "check", "--token", token)).Ended(1);

        var waits = (await phone.TypeAsync(Right, "passphrase", "check", "--token", token, "--json")).Ended(1);
        Assert.Equal(("guess-wait", 7), (waits.Text("error"), waits.Json.GetProperty("guessesLeft").GetInt32()));
        Assert.InRange(waits.Json.GetProperty("nextAttemptInMs").GetInt64(), 1, 60_000);
        Assert.Contains("due in", waits.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Paused_resumed_replaced_and_removed()
    {
        var (phone, token) = await NewAccountAsync();
        (await phone.TypeAsync(Right, "passphrase", "set", "--token", token)).Ended(0);
        (await phone.RunAsync("passphrase", "pause")).Ended(0);
        Assert.Equal("passphrase-paused",
            (await phone.TypeAsync(Right, "passphrase", "check", "--token", token, "--json")).Ended(1).Text("error"));
        Assert.True((await phone.RunAsync("passphrase", "resume", "--json")).Ended(0).Json.GetProperty("resumed")
            .GetBoolean());

        var words = (await phone.RunAsync("passphrase", "set", "--generate", "5", "--token", token, "--json"))
            .Ended(0).Json;
        Assert.True(words.GetProperty("replaced").GetBoolean());
        var generated = words.GetProperty("passphrase").GetString()!;
        Assert.Equal(5, generated.Split(' ').Length);
        (await phone.TypeAsync(generated, "passphrase", "check", "--token", token)).Ended(0);

        Assert.True((await phone.RunAsync("passphrase", "remove", "--yes", "--json")).Ended(0).Json
            .GetProperty("removed").GetBoolean());
        Assert.Equal("unknown-passphrase",
            (await phone.TypeAsync(generated, "passphrase", "check", "--token", token, "--json")).Ended(1)
                .Text("error"));
        Assert.False((await phone.RunAsync("passphrase", "status", "--json")).Ended(0).Json.GetProperty("set")
            .GetBoolean());
    }

    [Fact]
    public async Task Drawn_words_whose_commit_got_no_answer_are_shown_all_the_same()
    {
        await using var relay = new TcpRelay();
        await using var server =
            await ServerProcess.StartAsync(fixture.NewPath(), 0, ("Authority", relay.Address.Authority));
        relay.Server = server.Address;
        var phone = new CommandLine(relay.Address, fixture.NewPath());
        var token = await fixture.NewFileAsync(System.Text.Encoding.ASCII.GetBytes(await server.TokenAsync("alex")));
        (await phone.RunAsync("account", "create", "--no-code", "--token", token)).Ended(0);
        (await phone.TypeAsync(Right, "passphrase", "set", "--token", token)).Ended(0);
        relay.OnRequest = line =>
        {
            relay.SwallowsAnswers |= line.StartsWith("POST /v1/commits", StringComparison.Ordinal);
            return Task.CompletedTask;
        };

        var unanswered = (await phone.RunAsync("passphrase", "set", "--generate", "--token", token, "--json")).Ended(1);
        (relay.OnRequest, relay.SwallowsAnswers) = (null, false);

        Assert.Equal("passphrase-unanswered", unanswered.Text("error"));
        (await phone.TypeAsync(unanswered.Text("passphrase"), "passphrase", "check", "--token", token)).Ended(0);
        (await phone.TypeAsync(Right, "passphrase", "check", "--token", token)).Ended(1);
    }

    [Fact]
    public async Task Three_realms_of_a_file_and_one_of_them_down()
    {
        using var folder = new TempFolder();
        var settings = await fixture.Server.RealmSettingsAsync();
        await using var second = await ServerProcess.StartAsync(folder["second"], 0, settings);
        await using var third = await ServerProcess.StartAsync(folder["third"], 0, settings);
        var subject = Canary.NewText();
        var realms = await RealmFileAsync(folder, subject, fixture.Server, second, third);
        var token = folder["token"];
        await File.WriteAllTextAsync(token, await fixture.Server.TokenAsync(subject));
        var phone = fixture.NewDevice();
        (await phone.RunAsync("account", "create", "--no-code", "--name", "phone", "--token", token)).Ended(0);

        // A PIN will do where two servers are needed, and not where one is.
        Assert.Equal("weak-passphrase",
            (await phone.TypeAsync("1374", "passphrase", "set", "--token", token, "--json")).Ended(1).Text("error"));
        var set = (await phone.TypeAsync("1374", "passphrase", "set", "--token", token, "--realms", realms, "--json"))
            .Ended(0).Json;
        Assert.Equal((2, 3), (set.GetProperty("threshold").GetInt32(), set.GetProperty("realms").GetArrayLength()));

        await third.StopAsync();
        var laptop = fixture.NewDevice();
        var recovered = (await laptop.TypeAsync(
            "1374", "recover", "--passphrase", "--remove", "none", "--name", "laptop", "--token", token, "--realms",
            realms, "--json")).Ended(0).Json;
        Assert.Equal("laptop", recovered.GetProperty("deviceName").GetString());

        var unknown = (await fixture.NewDevice()
            .TypeAsync("1374", "recover", "--passphrase", "--remove", "none", "--token", token, "--json")).Ended(1);
        Assert.Equal("unknown-realm", unknown.Text("error"));
    }

    [Theory]
    [InlineData("", "passphrase")]
    [InlineData("a\tb\n", "passphrase")]
    public async Task What_is_no_passphrase_is_said_before_anything_is_sent(string typed, string error)
    {
        var (phone, token) = await NewAccountAsync();
        Assert.Equal(error, (await phone.TypeAsync(typed, "passphrase", "set", "--token", token, "--json")).Ended(1)
            .Text("error"));
    }

    [Fact]
    public async Task Without_a_token_nobody_guesses()
    {
        var (phone, _) = await NewAccountAsync();
        Assert.Equal(
            "unauthenticated", (await phone.TypeAsync(Right, "passphrase", "check", "--json")).Ended(1).Text("error"));
        (await phone.RunAsync("recover", "--code", "--passphrase", "--remove", "none")).Ended(2);
    }

    [Fact]
    public async Task A_build_that_cannot_normalise_refuses_to_start()
    {
        // Of the portable build, which takes the switch from its environment.
        var device = new CommandLine(fixture.Address, fixture.NewPath()) { Executable = null };
        using var process = device.Start("account", "show");
        await process.WaitForExitAsync();
        var start = process.StartInfo;
        start.Environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1";
        using var invariant = System.Diagnostics.Process.Start(start)!;
        var error = await invariant.StandardError.ReadToEndAsync();
        await invariant.WaitForExitAsync();

        Assert.Equal(1, invariant.ExitCode);
        Assert.Contains("Unicode normalisation", error, StringComparison.Ordinal);
        // The control: the same command, with it, gets as far as the home.
        Assert.Equal(1, process.ExitCode);
        Assert.DoesNotContain("Unicode", await process.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
    }

    private async Task<(CommandLine Phone, string Token)> NewAccountAsync()
    {
        var (phone, token) = (fixture.NewDevice(), await fixture.NewTokenAsync());
        (await phone.RunAsync("account", "create", "--no-code", "--name", "phone", "--token", token)).Ended(0);
        return (phone, token);
    }

    private static async Task<string> RealmFileAsync(TempFolder folder, string subject, params ServerProcess[] servers)
    {
        var list = new List<object>();
        foreach (var (server, i) in servers.Select((s, i) => (s, i)))
        {
            using var http = new HttpClient { BaseAddress = server.Address };
            var told = await http.GetFromJsonAsync<JsonElement>("/v1/realm");
            await File.WriteAllTextAsync(folder[$"token-{i}"], await server.TokenAsync(subject));
            list.Add(
                new { name = $"realm {i}", url = server.Address, fingerprint = told.GetProperty("fingerprint")
                    .GetString(), tokenFile = $"token-{i}" });
        }
        await File.WriteAllTextAsync(folder["realms.json"], JsonSerializer.Serialize(list));
        return folder["realms.json"];
    }
}
