using System.Text;
using KeyRecovery.Cli.Tests.Support;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary>Server and app are said once: the home remembers them, and nothing changes them silently.</summary>
[Collection(CliTests.Name)]
public sealed class HomeSettingsTests(CliFixture fixture)
{
    [Fact]
    public async Task After_create_nobody_says_the_server_again()
    {
        var (device, _) = await fixture.NewAccountAsync();
        var shown = (await device.WithoutServer().RunAsync("account", "show", "--json")).Ended(0);
        Assert.Equal(fixture.Server.Address.ToString().TrimEnd('/'), shown.Text("server"));
        Assert.Equal("demo", shown.Text("app"));
        Assert.False(shown.Json.TryGetProperty("notes", out _));
        (await device.WithoutServer().TypeAsync("content", "backup", "put", "a", "-")).Ended(0);
    }

    [Fact]
    public async Task After_recover_neither_and_another_account_in_the_home_is_remembered_instead()
    {
        var (_, code) = await fixture.NewAccountAsync();
        var tablet = fixture.NewDevice();
        Directory.CreateDirectory(tablet.Home);
        await WriteAsync(tablet, """{"server":"http://127.0.0.1:9/","app":"other"}""");
        var run = (await tablet.TypeAsync(
            code, "recover", "--code", "--remove", "none", "--name", "tablet", "--app", "demo", "--json")).Ended(0);
        Assert.False(run.Json.TryGetProperty("notes", out _));
        Assert.Equal("demo", (await tablet.WithoutServer().RunAsync("account", "show", "--json")).Ended(0).Text("app"));
    }

    [Fact]
    public async Task Another_server_or_app_is_told_and_remembered_by_nobody()
    {
        var (device, _) = await fixture.NewAccountAsync();
        var before = await File.ReadAllTextAsync(Kept(device));
        var elsewhere = await device.Through(new Uri("http://127.0.0.1:9")).RunAsync("account", "show");
        Assert.Contains($"is of {fixture.Server.Address}", elsewhere.Ended(1).Error, StringComparison.Ordinal);
        Assert.Contains(Kept(device), elsewhere.Error, StringComparison.Ordinal);
        var other = (await device.RunAsync("account", "show", "--app", "another", "--json")).Ended(1);
        Assert.Contains("app demo", other.Json.GetProperty("notes")[0].GetString(), StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(Kept(device)));
        (await device.WithoutServer().RunAsync("account", "show")).Ended(0);
    }

    [Fact]
    public async Task The_same_server_written_otherwise_is_no_other()
    {
        var (device, _) = await fixture.NewAccountAsync();
        var address = fixture.Server.Address;
        var same = new Uri($"HTTP://{address.Host}:{address.Port}");
        Assert.False((await device.Through(same).RunAsync("account", "show", "--json")).Ended(0).Json
            .TryGetProperty("notes", out _));
    }

    [Fact]
    public async Task A_home_of_before_works_as_before()
    {
        var (device, _) = await fixture.NewAccountAsync();
        File.Delete(Kept(device));
        (await device.RunAsync("account", "show")).Ended(0);
        Assert.False(File.Exists(Kept(device)));
        var run = await device.WithoutServer().RunAsync("account", "show");
        Assert.Contains("127.0.0.1:5080", run.Ended(1).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"server":1,"app":"demo"}""")]
    [InlineData("""{"server":"file:///etc/passwd","app":"demo"}""")]
    [InlineData("""{"server":"http://127.0.0.1:9/","app":"../demo"}""")]
    public async Task A_damaged_file_is_named_with_the_way_out(string content)
    {
        var (device, _) = await fixture.NewAccountAsync();
        await WriteAsync(device, content);
        var run = (await device.WithoutServer().RunAsync("account", "show", "--json")).Ended(1);
        Assert.Equal("home-unreadable", run.Text("error"));
        Assert.Contains(Kept(device), run.Text("message"), StringComparison.Ordinal);
        var people = (await device.RunAsync("account", "show")).Ended(1);
        Assert.Contains("delete it, and give --server and --app", people.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_with_a_path_is_refused_with_the_one_to_give()
    {
        var (device, _) = await fixture.NewAccountAsync();
        var origin = fixture.Server.Address.GetLeftPart(UriPartial.Authority);
        var refused = (await device.Through(new Uri($"{origin}/keys")).RunAsync("account", "show", "--json")).Ended(2);
        Assert.Equal("usage", refused.Text("error"));
        Assert.Contains($"without a path: give {origin}", refused.Text("message"), StringComparison.Ordinal);
        (await device.Through(new Uri(origin)).RunAsync("account", "show")).Ended(0);
        // A home of before has one that was never used.
        await WriteAsync(device, $$"""{"server":"{{origin}}/keys","app":"demo"}""");
        (await device.WithoutServer().RunAsync("account", "show")).Ended(0);
    }

    [Theory]
    [InlineData("backup", "get, history, list, put or remove")]
    [InlineData("link", "scan, show or type")]
    [InlineData("audit", "audit takes a command: export, verify")]
    [InlineData("", "keyrecovery takes a command: account, activity, admin, audit, backup")]
    public async Task A_command_that_is_not_whole_says_what_can_be_given(string command, string words)
    {
        var device = new CommandLine(null, fixture.NewPath());
        var told = (await device.RunAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--json"]))
            .Ended(2);
        Assert.Equal("usage", told.Text("error"));
        Assert.Contains(words, told.Text("message"), StringComparison.Ordinal);
        Assert.DoesNotContain("Required command", told.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_it_keeps_is_for_its_owner_alone()
    {
        var (device, _) = await fixture.NewAccountAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Kept(device)));
    }

    private static string Kept(CommandLine device) => Path.Combine(device.Home, "server.json");

    private static Task WriteAsync(CommandLine device, string content) =>
        File.WriteAllBytesAsync(Kept(device), Encoding.UTF8.GetBytes(content));
}
