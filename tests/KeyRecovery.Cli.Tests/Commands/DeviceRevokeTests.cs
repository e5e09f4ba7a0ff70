using System.Text.Json;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary>A device that was stolen, and what the thief let in through it.</summary>
[Collection(CliTests.Name)]
public sealed class DeviceRevokeTests(TrustingFixture fixture) : IClassFixture<TrustingFixture>
{
    [Fact]
    public async Task Revoking_a_stolen_device_locks_out_what_came_in_through_it_its_codes_too()
    {
        var (phone, code) = await fixture.NewAccountAsync();
        var (laptop, laptopId) = await JoinAsync(code, "laptop");
        var thiefsCode = (await laptop.RunAsync("code", "create", "--json")).Ended(0).Text("code");
        var (tablet, tabletId) = await JoinAsync(thiefsCode, "tablet");

        var done = (await phone.RunAsync("device", "revoke", laptopId, "--stolen", "--json")).Ended(0).Json;
        Assert.Equal(
            ["device laptop named", "code  addedByNamed", "device tablet addedThroughOthers"],
            Entries(done, "removed").Select(e => $"{Text(e, "kind")} {Text(e, "name")} {Text(e, "why")}"));
        Assert.Equal([laptopId, tabletId], Entries(done, "removed").Select(e => Text(e, "id")).Where((_, i) => i != 1));
        Assert.Empty(Entries(done, "stays"));
        Assert.Single(done.GetProperty("waysLeft").EnumerateArray());
        foreach (var lockedOut in new[] { laptop, tablet })
        {
            Assert.Equal("revoked", (await lockedOut.RunAsync("backup", "list", "--json")).Ended(1).Text("error"));
            Assert.Equal("revoked", (await lockedOut.RunAsync("link", "show", "--json")).Ended(1).Text("error"));
        }
        Assert.Equal("unknown-code", await CheckAsync(phone, thiefsCode));
        Assert.Null(await CheckAsync(phone, code));
    }

    /// <summary>One id of four thousand begins so: help in its place would say that all went well.</summary>
    [Theory]
    [InlineData("-habcdefghijklmnopqrstu", "device", "revoke", "-habcdefghijklmnopqrstu")]
    [InlineData("-?", "device", "revoke", "-?abcdefghijklmnopqrst")]
    [InlineData("--key", "audit", "verify", "--log", "http://127.0.0.1:9/audit", "--key", "a", "-habcdef")]
    public async Task An_id_that_begins_as_the_option_for_help_is_an_id(string named, params string[] arguments)
    {
        var (phone, _) = await fixture.NewAccountAsync();
        var ended = await phone.RunAsync(arguments);
        Assert.NotEqual(0, ended.ExitCode);
        Assert.Contains(named, ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Usage:", ended.Output, StringComparison.Ordinal);
        Assert.Contains("Usage:", (await phone.RunAsync("device", "revoke", "-h")).Ended(0).Output);
    }

    [Fact]
    public async Task Revoking_a_lost_device_leaves_what_it_had_let_in()
    {
        var (phone, code) = await fixture.NewAccountAsync();
        var (laptop, laptopId) = await JoinAsync(code, "laptop");
        var laptopsCode = (await laptop.RunAsync("code", "create", "--json")).Ended(0).Text("code");
        var (tablet, _) = await JoinAsync(laptopsCode, "tablet");

        var done = (await phone.RunAsync("device", "revoke", laptopId, "--json")).Ended(0).Json;
        Assert.Equal([laptopId], Entries(done, "removed").Select(e => Text(e, "id")));
        (await tablet.RunAsync("backup", "list")).Ended(0);
        Assert.Null(await CheckAsync(phone, laptopsCode));

        // Was it stolen after all? It has no name any more, and its id does.
        var late = (await phone.RunAsync("device", "revoke", laptopId, "--stolen", "--json")).Ended(0).Json;
        Assert.Equal(2, Entries(late, "removed").Count);
        Assert.Equal("unknown-code", await CheckAsync(phone, laptopsCode));
    }

    [Fact]
    public async Task A_code_that_was_made_on_the_stolen_device_stays_only_where_it_is_typed()
    {
        var (phone, code) = await fixture.NewAccountAsync();
        var (laptop, _) = await JoinAsync(code, "laptop");
        var (_, foreign) = await fixture.NewAccountAsync();
        string[] revoke = ["device", "revoke", "phone", "--stolen", "--json"];
        var before = (await laptop.RunAsync("account", "show", "--json")).Ended(0).Json.GetRawText();
        Assert.Equal("not-of-this-account",
            (await laptop.TypeAsync(foreign, [.. revoke, "--keep-code"])).Ended(1).Text("error"));
        Assert.Equal(before, (await laptop.RunAsync("account", "show", "--json")).Ended(0).Json.GetRawText());

        var kept = (await laptop.TypeAsync(code, [.. revoke, "--keep-code"])).Ended(0).Json;
        Assert.Equal("phone", Text(Assert.Single(Entries(kept, "removed")), "name"));
        Assert.Equal("inHand", Text(Assert.Single(Entries(kept, "stays")), "why"));
        Assert.Equal("revoked", (await phone.RunAsync("backup", "list", "--json")).Ended(1).Text("error"));
        Assert.Null(await CheckAsync(laptop, code));
        Assert.Contains(
            "may be known there", (await laptop.TypeAsync(code, "code", "check")).Ended(0).Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_is_left_without_a_code_hears_it_and_a_new_one_comes_in_the_same_step()
    {
        var (_, code) = await fixture.NewAccountAsync();
        var (laptop, _) = await JoinAsync(code, "laptop");
        var (tablet, _) = await JoinAsync(code, "tablet");
        var kit = fixture.NewPath(".html");
        var done = (await laptop.RunAsync("device", "revoke", "phone", "--stolen", "--kit", kit, "--json")).Ended(0);
        Assert.Contains(done.Text("code").Split(' ')[^1], await File.ReadAllTextAsync(kit), StringComparison.Ordinal);
        Assert.Equal("unknown-code", await CheckAsync(laptop, code));
        Assert.Null(await CheckAsync(laptop, done.Text("code")));
        Assert.Equal("revoked", (await tablet.RunAsync("backup", "list", "--json")).Ended(1).Text("error"));

        var id = (await laptop.RunAsync("account", "show", "--json")).Ended(0).Json.GetProperty("authorities")
            .EnumerateArray().Single(a => Text(a, "kind") == "code").GetProperty("id").GetString()!;
        var last = (await laptop.RunAsync("device", "revoke", id, "--yes", "--json")).Ended(0).Json;
        Assert.Empty(last.GetProperty("waysLeft").EnumerateArray());
        Assert.Contains("no recovery code", last.GetProperty("notes")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_revocation_leaves_no_kit_behind()
    {
        var (phone, _) = await fixture.NewAccountAsync();
        var kit = fixture.NewPath(".html");
        var own = (await phone.RunAsync("device", "list", "--json")).Ended(0).Json.GetProperty("devices")[0];
        Assert.Equal("invalid",
            (await phone.RunAsync("device", "revoke", Text(own, "id"), "--kit", kit, "--json")).Ended(1).Text("error"));
        Assert.False(File.Exists(kit));
    }

    [NeedsFact(Need.Script)]
    public async Task A_person_sees_who_goes_and_why_keeps_the_code_that_they_type_and_may_stop()
    {
        var (_, code) = await fixture.NewAccountAsync();
        var (laptop, _) = await JoinAsync(code, "laptop");
        using (var stopped = PseudoTerminal.Start(laptop, "device", "revoke", "phone", "--stolen"))
        {
            await stopped.WaitForAsync("phone: you named it");
            await stopped.WaitForAsync("recovery code: added by phone");
            await stopped.WaitForAsync("No recovery code and no passphrase is left");
            await stopped.WaitForAsync("Do you hold the code");
            await stopped.TypeAsync("n");
            await stopped.WaitForAsync("Make a new recovery code");
            await stopped.TypeAsync("n");
            await stopped.WaitForAsync("last way into the account");
            await stopped.TypeAsync("");
            await stopped.WaitForAsync("nothing was done");
            Assert.Equal(1, await stopped.ExitCodeAsync());
        }
        Assert.Null(await CheckAsync(laptop, code));
        using (var kept = PseudoTerminal.Start(laptop, "device", "revoke", "phone", "--stolen"))
        {
            await kept.WaitForAsync("Do you hold the code");
            await kept.TypeAsync("y");
            await kept.WaitForAsync("Recovery code:");
            await kept.TypeAsync(code);
            await kept.WaitForAsync("you have shown that you hold it");
            await kept.WaitForAsync("Locked out: phone.");
            Assert.Equal(0, await kept.ExitCodeAsync());
        }
        Assert.Null(await CheckAsync(laptop, code));
    }

    [Fact]
    public async Task A_recovery_locks_out_what_came_in_through_the_stolen_devices_as_well()
    {
        var (phone, code) = await fixture.NewAccountAsync();
        var (laptop, laptopId) = await JoinAsync(code, "laptop");
        var thiefsCode = (await laptop.RunAsync("code", "create", "--json")).Ended(0).Text("code");
        var fresh = fixture.NewDevice();
        var done = (await fresh.TypeAsync(
            code, "recover", "--code", "--remove", laptopId, "--stolen", "--json")).Ended(0).Json;
        Assert.Equal(2, done.GetProperty("removed").GetArrayLength());
        Assert.Equal("unknown-code", await CheckAsync(phone, thiefsCode));
        Assert.Null(await CheckAsync(phone, code));
    }

    private async Task<(CommandLine Device, string Id)> JoinAsync(string code, string name)
    {
        var device = fixture.NewDevice();
        return (device, (await device.TypeAsync(
            code, "recover", "--code", "--name", name, "--remove", "none", "--json")).Ended(0).Text("deviceId"));
    }

    // The error of a drill, null where the code opens everything.
    private static async Task<string?> CheckAsync(CommandLine device, string code)
    {
        var check = await device.TypeAsync(code, "code", "check", "--json");
        return check.ExitCode == 0 ? null : check.Text("error");
    }

    private static List<JsonElement> Entries(JsonElement json, string list) =>
        [.. json.GetProperty(list).EnumerateArray()];

    private static string Text(JsonElement entry, string member) =>
        entry.TryGetProperty(member, out var value) ? value.GetString()! : "";
}
