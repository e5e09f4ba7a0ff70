using KeyRecovery.Cli.Tests.Support;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary><c>recover --code</c>.</summary>
[Collection(CliTests.Name)]
public sealed class RecoverTests(CliFixture fixture)
{
    [Fact]
    public async Task Everything_comes_back_with_the_code_alone_and_the_lost_device_is_locked_out()
    {
        var (lost, code) = await fixture.NewAccountAsync("lost phone");
        (await lost.TypeAsync("the key", "backup", "put", "identity", "-")).Ended(0);
        var lostId = (await lost.RunAsync("account", "show", "--json")).Ended(0).Text("deviceId");

        var found = fixture.NewDevice();
        var recovered =
            (await found.TypeAsync(code, "recover", "--code", "--remove", "all", "--name", "new phone", "--json"))
                .Ended(0).Json;
        Assert.Equal(2, recovered.GetProperty("epoch").GetInt32());
        Assert.Equal([lostId], recovered.GetProperty("removed").EnumerateArray().Select(r => r.GetString()));
        Assert.Empty(recovered.GetProperty("notRemoved").EnumerateArray());
        Assert.Equal(
            "identity", Assert.Single(recovered.GetProperty("items").EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal("the key", (await found.RunAsync("backup", "get", "identity")).Ended(0).Output);

        var refused = (await lost.RunAsync("backup", "list", "--json")).Ended(1);
        Assert.Equal("revoked", refused.Text("error"));
        Assert.Contains(
            "new phone", (await found.RunAsync("account", "show")).Ended(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_device_can_be_removed_by_the_beginning_of_its_id_and_the_others_stay()
    {
        var (first, code) = await fixture.NewAccountAsync("first");
        var second = fixture.NewDevice();
        var secondId = (await second.TypeAsync(code, "recover", "--code", "--remove", "none", "--json")).Ended(0)
            .Text("deviceId");

        var third = fixture.NewDevice();
        (await third.TypeAsync(code, "recover", "--code", "--remove", "nobody", "--json")).Ended(2);
        (await third.TypeAsync(code, "recover", "--code", "--remove", secondId[..8])).Ended(0);
        (await first.RunAsync("backup", "list")).Ended(0);
        Assert.Equal("revoked", (await second.RunAsync("backup", "list", "--json")).Ended(1).Text("error"));
    }

    [Fact]
    public async Task A_code_that_a_young_device_made_lets_nobody_in_yet_and_says_so()
    {
        var (first, code) = await fixture.NewAccountAsync("first");
        var young = fixture.NewDevice();
        (await young.TypeAsync(code, "recover", "--code", "--remove", "none", "--name", "young")).Ended(0);
        var youngCode = (await young.RunAsync("code", "create", "--json")).Ended(0).Text("code");

        foreach (var remove in new[] { "all", "none" })
        {
            var told = (await fixture.NewDevice().TypeAsync(
                youngCode, "recover", "--code", "--remove", remove, "--json")).Ended(1);
            Assert.Equal("young-authority", told.Text("error"));
        }
        // The account's own code, and its device, go on.
        (await fixture.NewDevice().TypeAsync(code, "recover", "--code", "--remove", "none")).Ended(0);
        (await first.RunAsync("backup", "list")).Ended(0);
    }

    [Fact]
    public async Task A_code_is_read_however_it_is_typed()
    {
        var (device, code) = await fixture.NewAccountAsync();
        var groups = code.Split(' ');
        string[] spellings =
        [
            code.ToLowerInvariant(), code.ToUpperInvariant(), code.Replace(' ', '-'),
            code.Replace(" ", "", StringComparison.Ordinal),
            string.Join('\n', groups), string.Join(" \r\n", groups), string.Join(' ', groups[1..]),
            $"\n\n  {string.Join("  ", groups[..5])}\n{string.Join('_', groups[5..])} ",
        ];
        foreach (var spelling in spellings) (await device.TypeAsync(spelling, "code", "check")).Ended(0);
    }

    [Fact]
    public async Task A_wrong_character_is_located_and_nothing_is_sent()
    {
        await using var relay = new TcpRelay();
        var (_, code) = await fixture.NewAccountAsync();
        var device = fixture.NewDevice().Through(relay.Address);
        var (wrong, right) = Change(code, group: 5, character: 3);

        var told = (await device.TypeAsync(wrong, "recover", "--code", "--remove", "none", "--json")).Ended(1);
        Assert.Equal("code-typo", told.Text("error"));
        Assert.Equal($"group 5, character 3 looks wrong: did you mean {right}?", told.Text("message"));
        Assert.Equal(
            (5, 3), (told.Json.GetProperty("group").GetInt32(), told.Json.GetProperty("character").GetInt32()));
        Assert.Equal("code-typo", (await device.TypeAsync(wrong, "code", "check", "--json")).Ended(1).Text("error"));
        Assert.Equal(0, relay.Connections);

        (await device.TypeAsync(code, "code", "check")).Ended(1);
        Assert.NotEqual(0, relay.Connections);
    }

    [Fact]
    public async Task What_else_is_wrong_with_a_code_is_said_as_such_and_nothing_is_sent()
    {
        await using var relay = new TcpRelay();
        var (_, code) = await fixture.NewAccountAsync();
        var device = fixture.NewDevice().Through(relay.Address);
        async Task<CliRun> Typed(string text) =>
            (await device.TypeAsync(text, "recover", "--code", "--remove", "all", "--json")).Ended(1);

        var shorter = await Typed(code[..^6]);
        Assert.Equal(("code-length", 27), (shorter.Text("error"), shorter.Json.GetProperty("characters").GetInt32()));
        Assert.Equal("code-length", (await Typed(code + "aa")).Text("error"));
        Assert.Equal("code-missing", (await Typed("")).Text("error"));
        Assert.Equal("code-missing", (await Typed("\n\n")).Text("error"));
        var unreadable = await Typed($"{code[..9]}B{code[10..]}");
        Assert.Equal(("code-character", "B", 2, 1), (unreadable.Text("error"), unreadable.Text("found"),
            unreadable.Json.GetProperty("group").GetInt32(), unreadable.Json.GetProperty("character").GetInt32()));
        Assert.Equal("code-unreadable", (await Typed(Change(Change(code, 2, 1).Wrong, 6, 2).Wrong)).Text("error"));
        Assert.Equal(0, relay.Connections);
    }

    [Fact]
    public async Task Whom_to_remove_is_never_left_to_chance_and_a_used_home_is_not_overwritten()
    {
        await using var relay = new TcpRelay();
        var (device, code) = await fixture.NewAccountAsync();
        var fresh = fixture.NewDevice().Through(relay.Address);
        var refused = (await fresh.TypeAsync(code, "recover", "--code", "--json")).Ended(2);
        Assert.Contains("--remove", refused.Text("message"), StringComparison.Ordinal);
        (await fresh.TypeAsync(code, "recover", "--remove", "all")).Ended(2);
        Assert.Equal(0, relay.Connections);

        Assert.Equal("device-state",
            (await device.TypeAsync(code, "recover", "--code", "--remove", "none", "--json")).Ended(1).Text("error"));
    }

    [Fact]
    public async Task A_recovery_whose_answer_was_lost_is_found_done_by_the_next_attempt()
    {
        await using var relay = new TcpRelay();
        await using var server =
            await Testing.Hosting.ServerProcess.StartAsync(
                fixture.NewPath(), 0, ("Authority", relay.Address.Authority));
        relay.Server = server.Address;
        var first = new CommandLine(relay.Address, fixture.NewPath());
        var token = await fixture.NewFileAsync(System.Text.Encoding.ASCII.GetBytes(await server.TokenAsync("alex")));
        var code = (await first.RunAsync("account", "create", "--code", "--token", token, "--json")).Ended(0)
            .Text("code");

        var second = first.At(fixture.NewPath());
        relay.OnRequest = line =>
        {
            // From then on: where it can, the first attempt looks, and finds it done itself.
            relay.SwallowsAnswers |= line.StartsWith("POST /v1/commits", StringComparison.Ordinal);
            return Task.CompletedTask;
        };
        Assert.Equal("transient",
            (await second.TypeAsync(code, "recover", "--code", "--remove", "all", "--json")).Ended(1).Text("error"));
        (relay.OnRequest, relay.SwallowsAnswers) = (null, false);

        var again = (await second.RunAsync("recover", "--code", "--remove", "all")).Ended(0).Error;
        Assert.Contains("went through", again, StringComparison.Ordinal);
        Assert.Equal("revoked", (await first.RunAsync("backup", "list", "--json")).Ended(1).Text("error"));
        (await second.RunAsync("backup", "list")).Ended(0);
    }

    /// <summary>The code with another character in that place, and the one that was there.</summary>
    internal static (string Wrong, char Right) Change(string code, int group, int character)
    {
        const string alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
        var groups = code.Split(' ').Select(g => g.ToCharArray()).ToArray();
        var right = groups[group][character - 1];
        groups[group][character - 1] =
            alphabet[(alphabet.IndexOf(right, StringComparison.Ordinal) + 7) % alphabet.Length];
        return (string.Join(' ', groups.Select(g => new string(g))), right);
    }
}
