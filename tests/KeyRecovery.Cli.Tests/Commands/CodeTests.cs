using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary><c>code</c>.</summary>
[Collection(CliTests.Name)]
public sealed class CodeTests(CliFixture fixture)
{
    [Fact]
    public async Task The_drill_opens_every_item_and_changes_nothing()
    {
        var (device, code) = await fixture.NewAccountAsync();
        foreach (var name in (string[])["a", "b", "c"])
            (await device.TypeAsync(name, "backup", "put", name, "-")).Ended(0);
        var before = (await device.RunAsync("account", "show", "--json")).Ended(0).Json;

        var empty = fixture.NewDevice();
        var check = (await empty.TypeAsync(code, "code", "check", "--json")).Ended(0).Json;
        Assert.Equal(3, check.GetProperty("items").GetInt32());
        Assert.True(check.GetProperty("ok").GetBoolean());
        Assert.Equal(before.GetProperty("accountId").GetString(), check.GetProperty("accountId").GetString());
        var age = DateTimeOffset.UtcNow - check.GetProperty("codeAdded").GetDateTimeOffset();
        Assert.InRange(age, TimeSpan.FromSeconds(-5), TimeSpan.FromMinutes(5));

        Assert.Equal(
            before.GetRawText(), (await device.RunAsync("account", "show", "--json")).Ended(0).Json.GetRawText());
        Assert.False(Directory.Exists(empty.Home));
        Assert.Contains(
            "all 3 items", (await device.TypeAsync(code, "code", "check")).Ended(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_code_is_read_as_people_copy_it_from_the_kit_a_note_or_a_mail()
    {
        var (device, code) = await fixture.NewAccountAsync();
        var groups = code[4..].Split(' ');
        string[] copied =
        [
            $"kr1\n{string.Join('\n', groups.Select((group, i) => $"{i + 1}{group}"))}",
            $"\ufeffMy code: \u201c{code}\u201d",
            code.ToUpperInvariant().Replace(' ', '\u2014'),
            string.Concat(code.Select(c => c == ' ' ? '\u3000' : (char)(c + 0xfee0))),
        ];
        foreach (var text in copied) (await device.TypeAsync(text, "code", "check")).Ended(0);
        var typo = await device.TypeAsync($"{copied[0][..^1]}{(code[^1] == 'q' ? 'p' : 'q')}", "code", "check");
        Assert.Contains("group 8, character 4", typo.Ended(1).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_drill_says_that_a_code_is_another_accounts()
    {
        var (device, _) = await fixture.NewAccountAsync();
        var (_, other) = await fixture.NewAccountAsync();
        var check = (await device.TypeAsync(other, "code", "check", "--json")).Ended(0).Json;
        Assert.False(check.GetProperty("isThisDevicesAccount").GetBoolean());
        Assert.Single(check.GetProperty("notes").EnumerateArray());
    }

    [Fact]
    public async Task A_code_whose_commit_got_no_answer_is_shown_all_the_same_for_the_old_paper_may_be_dead()
    {
        await using var relay = new TcpRelay();
        await using var server =
            await ServerProcess.StartAsync(fixture.NewPath(), 0, ("Authority", relay.Address.Authority));
        relay.Server = server.Address;
        var phone = new CommandLine(relay.Address, fixture.NewPath());
        var token = await fixture.NewFileAsync(System.Text.Encoding.ASCII.GetBytes(await server.TokenAsync("alex")));
        var old = (await phone.RunAsync("account", "create", "--code", "--token", token, "--json")).Ended(0)
            .Text("code");
        relay.OnRequest = line =>
        {
            relay.SwallowsAnswers |= line.StartsWith("POST /v1/commits", StringComparison.Ordinal);
            return Task.CompletedTask;
        };

        var unanswered = (await phone.RunAsync("code", "create", "--replace", "--json")).Ended(1);
        (relay.OnRequest, relay.SwallowsAnswers) = (null, false);

        Assert.Equal("code-unanswered", unanswered.Text("error"));
        (await phone.TypeAsync(unanswered.Text("code"), "code", "check")).Ended(0);
        // The control: it was sent, and the old one is dead.
        (await phone.TypeAsync(old, "code", "check")).Ended(1);
    }

    [Fact]
    public async Task Codes_add_up_until_they_are_replaced_and_a_replaced_one_opens_nothing()
    {
        var (device, first) = await fixture.NewAccountAsync();
        var second = (await device.RunAsync("code", "create", "--json")).Ended(0);
        Assert.Equal(2, second.Json.GetProperty("codes").GetInt32());
        (await device.TypeAsync(first, "code", "check")).Ended(0);

        var third = (await device.RunAsync("code", "create", "--replace", "--json")).Ended(0);
        Assert.Equal(
            (1, 2), (third.Json.GetProperty("codes").GetInt32(), third.Json.GetProperty("replaced").GetInt32()));
        Assert.Equal("unknown-code", (await device.TypeAsync(first, "code", "check", "--json")).Ended(1).Text("error"));
        Assert.Equal("unknown-code",
            (await device.TypeAsync(second.Text("code"), "code", "check", "--json")).Ended(1).Text("error"));
        (await device.TypeAsync(third.Text("code"), "code", "check")).Ended(0);
    }

    [Fact]
    public async Task A_removed_code_opens_nothing()
    {
        var (device, code) = await fixture.NewAccountAsync();
        Assert.Equal(1, (await device.RunAsync("code", "remove", "--yes", "--json")).Ended(0).Json
            .GetProperty("removed").GetInt32());
        Assert.Equal("unknown-code", (await device.TypeAsync(code, "code", "check", "--json")).Ended(1).Text("error"));
        Assert.Equal(0, (await device.RunAsync("code", "remove", "--yes", "--json")).Ended(0).Json
            .GetProperty("removed").GetInt32());
    }

    [Fact]
    public async Task A_seal_that_would_keep_the_code_from_opening_is_told_also_by_a_young_device()
    {
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        using var slot = code.DeriveSlot();
        using var broken = new TestDevice(fixture.Server.Address) { IsCloned = true };
        using (await broken.CreateAsync(await fixture.Server.TokenAsync(Canary.NewText()), code)) { }
        var (device, typed) = (fixture.NewDevice(), code.ToDisplayString());
        (await device.TypeAsync(typed, "recover", "--code", "--remove", "none")).Ended(0);

        await BadSeal.CommitAsync(broken, slot.Id);
        var unopened = (await device.TypeAsync(typed, "code", "check", "--json")).Ended(1);
        Assert.Equal(("spoiled", "own-seal"), (unopened.Text("error"), unopened.Text("fault")));
        Assert.Contains(
            "mends it", (await device.TypeAsync(typed, "code", "check")).Ended(1).Error, StringComparison.Ordinal);

        // A device of today begins no epoch: it tells of it, and whoever is trusted mends.
        var young = (await device.RunAsync("account", "show", "--json")).Ended(0).Json;
        Assert.Empty(young.GetProperty("mended").EnumerateArray());
        Assert.Contains(
            "new to the account", Assert.Single(young.GetProperty("notes").EnumerateArray()).GetString(),
            StringComparison.Ordinal);
        using (var trusted = await broken.OpenAsync()) TestDevice.Value(await trusted.MendAsync());
        (await device.TypeAsync(typed, "code", "check")).Ended(0);
    }

    [Fact]
    public async Task A_young_device_hears_from_when_on_it_may_remove_a_code()
    {
        var (_, code) = await fixture.NewAccountAsync();
        var young = fixture.NewDevice();
        (await young.TypeAsync(code, "recover", "--code", "--remove", "all")).Ended(0);
        var refused = (await young.RunAsync("code", "create", "--replace", "--json")).Ended(1);
        Assert.Equal("young-authority", refused.Text("error"));
        Assert.InRange(refused.Json.GetProperty("trustedFrom").GetDateTimeOffset() - DateTimeOffset.UtcNow,
            TimeSpan.FromHours(71), TimeSpan.FromHours(73));
        (await young.TypeAsync(code, "code", "check")).Ended(0);
        (await young.RunAsync("code", "create")).Ended(0);
    }
}
