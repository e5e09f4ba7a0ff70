using System.Text.RegularExpressions;
using KeyRecovery.Cli.Tests.Support;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary>
/// A secret is in the person's hands before it counts, or it is told once more: where standard output takes nothing,
/// and where a kit cannot be written.
/// </summary>
[Collection(PortableTests.Name)]
public sealed partial class FullOutputTests(PortableFixture fixture)
{
    [Fact]
    public async Task A_code_that_nobody_can_be_shown_takes_the_place_of_none()
    {
        var (device, code) = await fixture.NewAccountAsync();
        var kit = fixture.NewPath(".html");
        var (exit, error) = await FullAsync(device, ">/dev/full", "code", "create", "--replace", "--kit", kit);
        Assert.NotEqual(0, exit);
        Assert.False(File.Exists(kit), "a kit is left of a code that never counts");
        Assert.NotEmpty(error);
        (await device.TypeAsync(code, "code", "check")).Ended(0);
        var (made, _) = await FullAsync(
            fixture.NewDevice(), ">/dev/full", "account", "create", "--code", "--token", await fixture.NewTokenAsync());
        Assert.NotEqual(0, made);
    }

    [Theory]
    [InlineData(">/dev/full")]
    [InlineData(">&-")]
    public async Task One_that_counts_already_when_the_answer_cannot_be_written_is_told_on_the_other_way(string where)
    {
        var (device, old) = await fixture.NewAccountAsync();
        var (exit, error) = await FullAsync(device, where, "code", "create", "--replace", "--json");
        Assert.NotEqual(0, exit);
        (await device.TypeAsync(Code().Match(error).Value, "code", "check")).Ended(0);
        (await device.TypeAsync(old, "code", "check")).Ended(1);

        var another = fixture.NewDevice();
        (exit, error) = await FullAsync(
            another, where, "account", "create", "--code", "--token", await fixture.NewTokenAsync(), "--json");
        Assert.NotEqual(0, exit);
        (await another.TypeAsync(Code().Match(error).Value, "code", "check")).Ended(0);
    }

    [Theory]
    [InlineData(">/dev/full")]
    [InlineData(">&-")]
    public async Task Whatever_is_told_where_nothing_can_be_written_ends_with_a_code_and_no_stack(string where)
    {
        var (device, code) = await fixture.NewAccountAsync();
        (await device.TypeAsync("kept", "backup", "put", "a", "-")).Ended(0);
        foreach (var words in (string[])
            ["account show", "account undo", "backup list", "backup history a", "backup get a", "device list",
                "erase status", "account restored", "no such command"])
        {
            var (exit, told) = await FullAsync(
                device, where, [.. words.Split(' '), .. words == "backup get a" ? Array.Empty<string>() : ["--json"]]);
            Assert.True(exit is 1 or 2, $"{words} {where}: {exit} {told}");
            Assert.DoesNotContain("   at ", told, StringComparison.Ordinal);
            Assert.DoesNotContain("Unhandled", told, StringComparison.Ordinal);
        }
        (await device.TypeAsync(code, "code", "check")).Ended(0);
    }

    [Theory]
    [InlineData(">/dev/full 2>/dev/full")]
    [InlineData(">&- 2>&-")]
    public async Task Where_nobody_can_be_told_anything_what_changes_the_account_ends_with_a_code(string where)
    {
        var (device, code) = await fixture.NewAccountAsync();
        foreach (var words in (string[])
            ["backup put a /dev/null", "backup remove a", "code remove --yes", "erase --yes", "erase cancel",
                "backup remove a"])
        {
            var (exit, _) = await FullAsync(device, where, [.. words.Split(' '), "--json"]);
            Assert.True(exit is 1 or 2, $"{words} {where}: {exit}");
        }
        (await device.TypeAsync(code, "code", "check")).Ended(1);
        Assert.Empty((await device.RunAsync("backup", "list", "--json")).Ended(0).Json.GetProperty("items")
            .EnumerateArray());
    }

    [Fact]
    public async Task A_kit_goes_to_no_device_or_pipe_and_deletes_none()
    {
        var (device, code) = await fixture.NewAccountAsync();
        var pipe = fixture.NewPath(".pipe");
        Assert.Equal(0, (await OtherProgram.RunAsync("mkfifo", pipe)).ExitCode);
        foreach (var path in new[] { "/dev/full", "/dev/null", pipe })
            Assert.Equal("file-exists",
                (await device.RunAsync("code", "create", "--replace", "--kit", path, "--json")).Ended(1)
                    .Text("error"));
        Assert.Equal((0, "whole\n"), await OtherProgram.RunAsync(
            "bash", "-c", "[ -c /dev/null ] && [ -w /dev/null ] && [ -c /dev/full ] && [ -p \"$0\" ] && echo whole",
            pipe));
        (await device.TypeAsync(code, "code", "check")).Ended(0);
    }

    // With a standard output that is full or closed; what comes is standard error.
    private static Task<(int ExitCode, string Error)> FullAsync(
        CommandLine device, string where, params string[] arguments) =>
        OtherProgram.RunAsync(
            "bash", ["-c", $"\"$0\" \"$@\" 2>&1 {where} </dev/null", .. device.Words(arguments)]);

    [GeneratedRegex("kr1( [0-9a-z]{4}){8}")]
    private static partial Regex Code();
}
