using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary><c>code create --replace</c> where no device may remove a code: the old one replaces itself.</summary>
[Collection(CliTests.Name)]
public sealed class CodeReplacementTests(CliFixture fixture)
{
    private static readonly string[] Replace = ["code", "create", "--replace", "--json"];

    [Fact]
    public async Task On_a_young_device_the_old_code_is_asked_for_and_replaces_itself()
    {
        var (_, code) = await fixture.NewAccountAsync();
        var young = await YoungAsync(fixture.NewDevice(), code);
        var kit = fixture.NewPath(".html");
        var done = (await young.TypeAsync(code, [.. Replace, "--kit", kit])).Ended(0);
        Assert.Equal((1, 1), (done.Json.GetProperty("codes").GetInt32(), done.Json.GetProperty("replaced").GetInt32()));
        Assert.Contains(done.Text("code").Split(' ')[^1], await File.ReadAllTextAsync(kit), StringComparison.Ordinal);
        Assert.Equal("unknown-code", (await young.TypeAsync(code, "code", "check", "--json")).Ended(1).Text("error"));
        (await young.TypeAsync(done.Text("code"), "code", "check")).Ended(0);
    }

    [Fact]
    public async Task With_nothing_but_the_code_it_replaces_itself_and_leaves_no_device()
    {
        var (phone, code) = await fixture.NewAccountAsync();
        var empty = fixture.NewDevice();
        var done = (await empty.TypeAsync(code, Replace)).Ended(0);
        Assert.False(Directory.Exists(empty.Home));
        Assert.Equal("unknown-code", (await phone.TypeAsync(code, "code", "check", "--json")).Ended(1).Text("error"));
        (await phone.TypeAsync(done.Text("code"), "code", "check")).Ended(0);
        // The control: without a code it is no device of an account.
        Assert.Equal("device-state", (await empty.RunAsync(Replace)).Ended(1).Text("error"));
    }

    [Fact]
    public async Task A_code_of_another_account_replaces_nothing_and_leaves_no_kit()
    {
        var (phone, _) = await fixture.NewAccountAsync();
        var (_, foreign) = await fixture.NewAccountAsync();
        var kit = fixture.NewPath(".html");
        var refused = (await phone.TypeAsync(foreign, [.. Replace, "--with-code", "--kit", kit])).Ended(1);
        Assert.Equal("not-of-this-account", refused.Text("error"));
        Assert.False(File.Exists(kit));
        (await phone.TypeAsync(foreign, "code", "check")).Ended(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_cut_between_its_two_links_is_finished_by_the_code_that_was_shown(bool isLost)
    {
        await using var relay = new TcpRelay();
        await using var server =
            await ServerProcess.StartAsync(fixture.NewPath(), 0, ("Authority", relay.Address.Authority));
        relay.Server = server.Address;
        var phone = new CommandLine(relay.Address, fixture.NewPath());
        var token = await fixture.NewFileAsync(System.Text.Encoding.ASCII.GetBytes(await server.TokenAsync("alex")));
        var old = (await phone.RunAsync("account", "create", "--code", "--token", token, "--json")).Ended(0)
            .Text("code");
        var young = await YoungAsync(phone.At(fixture.NewPath()), old);
        var commits = 0;
        relay.OnRequest = line => line.StartsWith("POST /v1/commits", StringComparison.Ordinal) && ++commits > 1
            ? throw new IOException("cut") : Task.CompletedTask;
        var cut = (await young.TypeAsync(old, Replace)).Ended(1);
        relay.OnRequest = null;
        Assert.Equal("code-unanswered", cut.Text("error"));
        (await young.TypeAsync(old, "code", "check")).Ended(0);
        (await young.TypeAsync(cut.Text("code"), "code", "check")).Ended(0);

        // The old one adds no third.
        Assert.Equal("replacement-begun", (await young.TypeAsync(old, Replace)).Ended(1).Text("error"));
        var done = (await young.TypeAsync(isLost ? old : cut.Text("code"), isLost ? [.. Replace, "--anew"] : Replace))
            .Ended(0);
        Assert.Equal(!isLost, done.Json.GetProperty("finished").GetBoolean());
        Assert.Equal(1, done.Json.GetProperty("codes").GetInt32());
        (await young.TypeAsync(old, "code", "check")).Ended(1);
        (await young.TypeAsync(cut.Text("code"), "code", "check")).Ended(isLost ? 1 : 0);
        if (isLost) (await young.TypeAsync(done.Text("code"), "code", "check")).Ended(0);
    }

    [NeedsFact(Need.Script)]
    public async Task A_person_hears_why_the_code_is_asked_for_and_sees_the_new_one_before_it_counts()
    {
        var (_, code) = await fixture.NewAccountAsync();
        var young = await YoungAsync(fixture.NewDevice(), code);
        using (var person = PseudoTerminal.Start(young, "code", "create", "--replace"))
        {
            await person.WaitForAsync("This device is new to the account");
            await person.WaitForAsync("Recovery code:");
            await person.TypeAsync(code);
            await person.WaitForAsync("shown this once");
            await person.WaitForAsync("The new code is the account's now");
            Assert.Equal(0, await person.ExitCodeAsync());
        }
        Assert.Equal("unknown-code", (await young.TypeAsync(code, "code", "check", "--json")).Ended(1).Text("error"));
    }

    private static async Task<CommandLine> YoungAsync(CommandLine device, string code)
    {
        (await device.TypeAsync(code, "recover", "--code", "--name", "new phone", "--remove", "none")).Ended(0);
        return device;
    }
}
