using System.Text.Json;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary>The last way in goes by a person's word alone, and names mean one or nobody.</summary>
[Collection(CliTests.Name)]
public sealed class ConsentTests(CliFixture fixture)
{
    [Fact]
    public async Task The_last_code_stays_unless_somebody_says_so()
    {
        var (device, code) = await fixture.NewAccountAsync();
        var refused = (await device.RunAsync("code", "remove", "--json")).Ended(2);
        Assert.Equal("usage", refused.Text("error"));
        Assert.Contains("last way into the account", refused.Text("message"), StringComparison.Ordinal);
        Assert.Contains("--yes", (await device.RunAsync("code", "remove")).Ended(2).Error, StringComparison.Ordinal);
        (await device.TypeAsync(code, "code", "check")).Ended(0);
        (await device.RunAsync("code", "remove", "--yes")).Ended(0);
        (await device.RunAsync("code", "remove")).Ended(0);
    }

    [Fact]
    public async Task Where_another_device_or_a_passphrase_is_left_nobody_is_asked()
    {
        var (phone, code) = await fixture.NewAccountAsync();
        await JoinAsync(code, "laptop");
        (await phone.RunAsync("code", "remove")).Ended(0);

        var (device, token) = (fixture.NewDevice(), await fixture.NewTokenAsync());
        (await device.RunAsync("account", "create", "--code", "--token", token, "--json")).Ended(0);
        (await device.RunAsync("passphrase", "set", "--generate", "--token", token, "--json")).Ended(0);
        (await device.RunAsync("code", "remove")).Ended(0);
        Assert.Equal("usage", (await device.RunAsync("passphrase", "remove", "--json")).Ended(2).Text("error"));
        Assert.Equal(1, (await device.RunAsync("account", "show", "--json")).Ended(0).Json.GetProperty("authorities")
            .EnumerateArray().Count(a => a.GetProperty("kind").GetString() == "passphrase"));
        (await device.RunAsync("passphrase", "remove", "--yes")).Ended(0);
    }

    [Fact]
    public async Task The_last_other_device_stays_unless_somebody_says_so_or_a_code_comes_with_it()
    {
        var (phone, code) = await fixture.NewAccountAsync();
        await JoinAsync(code, "laptop");
        (await phone.RunAsync("code", "remove")).Ended(0);
        var refused = (await phone.RunAsync("device", "revoke", "laptop", "--json")).Ended(2);
        Assert.Contains("last way into the account", refused.Text("message"), StringComparison.Ordinal);
        Assert.Equal(2, Devices(await phone.RunAsync("device", "list", "--json")).Count);
        (await phone.RunAsync("device", "revoke", "laptop", "--new-code", "--json")).Ended(0);
        Assert.Single(Devices(await phone.RunAsync("device", "list", "--json")));
        Assert.Equal(
            "usage", (await phone.RunAsync("device", "revoke", "recovery code", "--json")).Ended(2).Text("error"));
        (await phone.RunAsync("device", "revoke", "recovery code", "--yes")).Ended(0);
    }

    [Fact]
    public async Task A_name_that_several_have_tells_their_ids_and_changes_nothing()
    {
        var (phone, code) = await fixture.NewAccountAsync();
        var ids = new[] { await JoinAsync(code, "caf\u00e9"), await JoinAsync(code, "caf\u00e9") };
        string[][] commands =
        [
            ["device", "revoke", "cafe\u0301"], ["device", "rename", "caf\u00e9", "other"],
            ["device", "revoke", "phone", "--stolen", "--keep", "caf\u00e9"],
        ];
        foreach (var command in commands)
        {
            var told = (await phone.RunAsync(command)).Ended(2).Error;
            Assert.All(ids, id => Assert.Contains(id, told, StringComparison.Ordinal));
        }
        Assert.Equal(3, Devices(await phone.RunAsync("device", "list", "--json")).Count);
        (await phone.RunAsync("device", "rename", ids[0], "tablet")).Ended(0);
        (await phone.RunAsync("device", "revoke", "cafe\u0301")).Ended(0);
        Assert.DoesNotContain(ids[1], Devices(await phone.RunAsync("device", "list", "--json")));
        Assert.Equal("invalid", (await phone.RunAsync("device", "revoke", "phone", "--json")).Ended(1).Text("error"));
    }

    [NeedsFact(Need.Script)]
    public async Task A_person_is_asked_and_enter_alone_is_no()
    {
        var (device, code) = await fixture.NewAccountAsync();
        using (var asked = PseudoTerminal.Start(device, "code", "remove"))
        {
            await asked.WaitForAsync("Remove it all the same? [y/N]");
            await asked.TypeAsync("");
            await asked.WaitForAsync("nothing was done");
            Assert.Equal(1, await asked.ExitCodeAsync());
        }
        (await device.TypeAsync(code, "code", "check")).Ended(0);
        using var said = PseudoTerminal.Start(device, "code", "remove");
        await said.WaitForAsync("Remove it all the same?");
        await said.TypeAsync("y");
        Assert.Equal(0, await said.ExitCodeAsync());
    }

    private async Task<string> JoinAsync(string code, string name) => (await fixture.NewDevice().TypeAsync(
        code, "recover", "--code", "--name", name, "--remove", "none", "--json")).Ended(0).Text("deviceId");

    private static List<string> Devices(CliRun run) =>
    [
        .. run.Ended(0).Json.GetProperty("devices").EnumerateArray()
            .Where(d => d.GetProperty("kind").GetString() == "device").Select(d => d.GetProperty("id").GetString()!),
    ];
}
