using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Cli.Tests.Undo;

/// <summary>An account that a stolen, trusted device made so that nobody opens it any more.</summary>
[Collection(CliTests.Name)]
public sealed class SpoiledTests(TrustingFixture fixture) : IClassFixture<TrustingFixture>, IDisposable
{
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly TestDevice _stolen = new(fixture.Server.Address);
    private string _stolenId = "";

    public void Dispose()
    {
        _stolen.Dispose();
        _code.Dispose();
    }

    [Fact]
    public async Task Every_command_says_who_did_it_and_the_ways_out_and_reads_what_was_kept()
    {
        var phone = await SpoilAsync(Culprit.BeginUnsoundEpochAsync);
        foreach (var command in (string[][])[["account", "show"], ["backup", "list"], ["device", "list"],
            ["account", "undo"]])
        {
            var told = (await phone.RunAsync(command)).Ended(0);
            Assert.Equal(2, told.Error.Split("has written what nobody can open").Length);
            foreach (var part in (string[])["stolen phone", "account undo --to 1", "device revoke 'stolen phone'"])
                Assert.Contains(part, Flat(told.Error), StringComparison.Ordinal);
        }
        var shown = (await phone.RunAsync("account", "show", "--json")).Ended(0).Json;
        Assert.Contains(
            "nobody can open", Assert.Single(shown.GetProperty("notes").EnumerateArray()).GetString(),
            StringComparison.Ordinal);
        var spoiled = shown.GetProperty("spoiled");
        Assert.Equal(
            (_stolenId, "stolen phone"),
            (spoiled.GetProperty("by").GetString()!, spoiled.GetProperty("name").GetString()!));
        var read = (await phone.RunAsync("backup", "get", "a")).Ended(0);
        Assert.Equal("first a", read.Output);
        Assert.Contains("nobody can open", read.Error, StringComparison.Ordinal);
        Assert.Equal(
            "spoiled", (await phone.TypeAsync("second", "backup", "put", "a", "-", "--json")).Ended(1).Text("error"));
    }

    [Fact]
    public async Task The_first_state_of_the_list_is_what_the_device_kept_and_leads_out()
    {
        var phone = await SpoilAsync(Culprit.BeginUnsoundEpochAsync);
        var points = (await phone.RunAsync("account", "undo", "--json")).Ended(0).Json.GetProperty("points");
        Assert.Equal("keptHere", points[0].GetProperty("reason").GetString());
        Assert.Equal(
            "spoiled", (await phone.RunAsync("account", "undo", "--to", "1", "--keep-everybody", "--dry-run", "--json"))
                .Ended(1).Text("error"));

        var done = (await phone.RunAsync("account", "undo", "--to", "1", "--yes")).Ended(0).Output;
        Assert.Contains("Locked out: stolen phone.", done, StringComparison.Ordinal);
        await AssertIsWellAsync(phone);
    }

    [Fact]
    public async Task Revoking_the_one_that_did_it_by_name_leads_out_too()
    {
        var phone = await SpoilAsync(Culprit.WriteNoiseAsync);
        var done = (await phone.RunAsync("device", "revoke", "stolen phone", "--json")).Ended(0).Json;
        var removed = done.GetProperty("removed").EnumerateArray().Select(r => r.GetProperty("id").GetString());
        Assert.Equal([_stolenId], removed);
        await AssertIsWellAsync(phone);
    }

    [Fact]
    public async Task A_recovery_where_nobody_can_be_asked_needs_to_be_told_the_state()
    {
        await SpoilAsync(Culprit.BeginUnsoundEpochAsync);
        var (found, code) = (fixture.NewDevice(), _code.ToDisplayString());
        var refused = (await found.TypeAsync(code, "recover", "--code", "--remove", "none", "--json")).Ended(1);
        Assert.Equal(("spoiled", _stolenId), (refused.Text("error"), refused.Text("by")));
        Assert.Contains("--undo 1",
            (await found.TypeAsync(code, "code", "check")).Ended(1).Error, StringComparison.Ordinal);
        var done = (await found.TypeAsync(code, "recover", "--code", "--remove", "none", "--undo", "1", "--json"))
            .Ended(0).Json;
        Assert.Equal([_stolenId], done.GetProperty("removed").EnumerateArray().Select(r => r.GetString()));
        await AssertIsWellAsync(found);
    }

    [NeedsFact(Need.Script)]
    public async Task A_person_who_recovers_is_told_who_did_it_and_asked_for_the_state()
    {
        var phone = await SpoilAsync(Culprit.WriteNoiseAsync);
        var found = fixture.NewDevice();
        using (var recover = PseudoTerminal.Start(found, 60, ["recover", "--code", "--name", "new phone"]))
        {
            await recover.WaitForAsync("Recovery code:");
            await recover.TypeAsync(_code.ToDisplayString());
            await recover.WaitForAsync($"device {_stolenId}");
            await recover.WaitForAsync("A number:");
            await recover.TypeAsync("77");
            await recover.WaitForAsync("One number, 1 to");
            await recover.TypeAsync("1");
            // Once a state is read that opens, those who are in it have names.
            await recover.WaitForAsync("stolen phone, added");
            await recover.WaitForAsync("all or none:");
            await recover.TypeAsync("none");
            await recover.WaitForAsync("Do it? [y/N]");
            await recover.TypeAsync("y");
            Assert.Equal(0, await recover.ExitCodeAsync());
        }
        await AssertIsWellAsync(found);
        (await phone.RunAsync("backup", "list")).Ended(0);
    }

    // The phone has seen the other device while it was honest.
    private async Task<CommandLine> SpoilAsync(Func<TestDevice, Task> spoil)
    {
        using var first = new TestDevice(fixture.Server.Address);
        using (await first.CreateAsync(
            await fixture.Server.TokenAsync(Canary.NewText()), _code, "first",
            new ItemEdit.Put("a", "first a"u8.ToArray())))
        {
        }
        using (var stolen = await _stolen.RecoverAsync(_code, name: "stolen phone")) _stolenId = $"{stolen.Device}";
        var (phone, _) = await Victim.JoinAsync(fixture, _code.ToDisplayString(), "phone");
        await spoil(_stolen);
        return phone;
    }

    private static async Task AssertIsWellAsync(CommandLine device)
    {
        var listed = (await device.RunAsync("backup", "list")).Ended(0);
        Assert.DoesNotContain("nobody can open", listed.Error, StringComparison.Ordinal);
        Assert.Equal("first a", (await device.RunAsync("backup", "get", "a")).Ended(0).Output);
        (await device.TypeAsync("second a", "backup", "put", "a", "-")).Ended(0);
    }

    // Without the ends of the lines.
    private static string Flat(string text) =>
        string.Join(' ', text.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries));
}
