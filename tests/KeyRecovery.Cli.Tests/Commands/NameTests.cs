using System.Text;
using System.Text.RegularExpressions;
using KeyRecovery.Cli.Tests.Support;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary>Names and arguments as people and shells give them.</summary>
public sealed class NameTests(PortableFixture fixture)
    : IClassFixture<PortableFixture>
{
    [Fact]
    public async Task A_name_that_is_composed_and_one_that_is_not_are_one_item()
    {
        var (device, _) = await fixture.NewAccountAsync();
        (await device.TypeAsync("first", "backup", "put", "caf\u00e9", "-")).Ended(0);
        (await device.TypeAsync("second", "backup", "put", "cafe\u0301", "-")).Ended(0);
        var items = (await device.RunAsync("backup", "list", "--json")).Ended(0).Json.GetProperty("items");
        Assert.Equal("caf\u00e9", Assert.Single(items.EnumerateArray()).GetProperty("name").GetString());
        foreach (var name in (string[])["caf\u00e9", "cafe\u0301"])
            Assert.Equal("second", (await device.RunAsync("backup", "get", name)).Ended(0).Output);
        Assert.Equal("first", (await device.RunAsync("backup", "get", "cafe\u0301", "--version", "1")).Ended(0).Output);
        (await device.RunAsync("backup", "remove", "cafe\u0301")).Ended(0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("\u200b")]
    [InlineData("a\u202eb")]
    [InlineData("a\tb")]
    public async Task A_name_that_nobody_sees_or_that_moves_the_writing_is_refused(string name)
    {
        var (device, _) = await fixture.NewAccountAsync();
        Assert.Equal("invalid",
            (await device.TypeAsync("x", "backup", "put", name, "-", "--json")).Ended(1).Text("error"));
        Assert.Equal("usage", (await fixture.NewDevice().RunAsync(
            "account", "create", "--name", name, "--no-code", "--token", "-", "--json")).Ended(2).Text("error"));
        var id = (await device.RunAsync("device", "list", "--json")).Ended(0).Json.GetProperty("devices")[0]
            .GetProperty("id").GetString()!;
        Assert.NotEqual(0, (await device.RunAsync("device", "rename", id, name, "--json")).ExitCode);
    }

    [Fact]
    public async Task An_argument_that_is_no_text_is_named_as_such_and_nothing_is_stored_under_it()
    {
        var (device, _) = await fixture.NewAccountAsync();
        var (exit, output) = await OtherProgram.RunAsync(
            "bash", ["-c", "echo x | \"$0\" \"$@\" backup put \"$(printf 'caf\\351')\" -",
                .. device.Words("--json")]);
        Assert.Equal(2, exit);
        Assert.Contains("UTF-8", output, StringComparison.Ordinal);
        Assert.Empty((await device.RunAsync("backup", "list", "--json")).Ended(0).Json.GetProperty("items")
            .EnumerateArray());
    }

    [Theory]
    [InlineData("C", "caf\u00e9 \u2603")]
    [InlineData("C", "it's \\ \"\u00fc\" $HOME `id` !x abc\u00e9f")]
    [InlineData("POSIX", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645")]
    [InlineData("C", "it's plain")]
    [InlineData("C.UTF-8", "it's caf\u00e9 \u2603")]
    public async Task A_suggested_command_is_pasted_into_a_shell_and_means_the_same_name(string locale, string name)
    {
        var (device, _) = await fixture.NewAccountAsync();
        foreach (var content in (string[])["first", "second"])
            (await device.TypeAsync(content, "backup", "put", name, "-")).Ended(0);
        var (_, told) = await OtherProgram.RunAsync(
            "bash", ["-c", "LC_ALL=$0 \"$@\" 2>&1", locale, .. device.Words("backup", "history", name)]);
        var suggested = Regex.Match(told, "keyrecovery (backup get .*) --version N -o FILE");
        Assert.True(suggested.Success, told);
        if (locale is not "C.UTF-8") Assert.True(Ascii.IsValid(suggested.Value), told);
        Assert.Equal((0, "second"), await OtherProgram.RunAsync(
            "bash", ["-c", $"export LC_ALL={locale}; \"$0\" \"$@\" {suggested.Groups[1].Value}", .. device.Words()]));
    }

    [Fact]
    public async Task What_is_written_goes_through_links_pipes_and_devices_and_replaces_none()
    {
        var (device, _) = await fixture.NewAccountAsync();
        (await device.TypeAsync("content", "backup", "put", "a", "-")).Ended(0);
        var (target, link, dangling, pipe) = (fixture.NewPath(".a"), fixture.NewPath(".b"), fixture.NewPath(".c"),
            fixture.NewPath(".d"));

        await File.WriteAllTextAsync(target, "before, and longer than what comes");
        File.CreateSymbolicLink(link, target);
        (await device.RunAsync("backup", "get", "a", "-o", link)).Ended(0);
        Assert.Equal(target, new FileInfo(link).LinkTarget);
        Assert.Equal("content", await File.ReadAllTextAsync(target));

        File.CreateSymbolicLink(dangling, fixture.NewPath(".new"));
        (await device.RunAsync("backup", "get", "a", "-o", dangling)).Ended(0);
        Assert.NotNull(new FileInfo(dangling).LinkTarget);
        Assert.Equal("content", await File.ReadAllTextAsync(dangling));

        Assert.Equal(0, (await OtherProgram.RunAsync("mkfifo", pipe)).ExitCode);
        var read = OtherProgram.RunAsync("bash", "-c", "cat \"$0\"", pipe);
        (await device.RunAsync("backup", "get", "a", "-o", pipe)).Ended(0);
        Assert.Equal("content", (await read).Output);

        (await device.RunAsync("backup", "get", "a", "-o", "/dev/null")).Ended(0);
        Assert.NotEqual(0, (await device.RunAsync("backup", "get", "a", "-o", "/dev/full", "--json")).ExitCode);
        var (exit, kinds) = await OtherProgram.RunAsync(
            "bash", "-c", "[ -c /dev/null ] && [ -c /dev/full ] && [ -p \"$0\" ] && echo whole", pipe);
        Assert.Equal((0, "whole\n"), (exit, kinds));

        var empty = fixture.NewPath(".e");
        await File.WriteAllTextAsync(empty, "");
        (await device.RunAsync("backup", "get", "a", "-o", empty)).Ended(0);
        Assert.Equal("content", await File.ReadAllTextAsync(empty));
    }
}
