using System.Diagnostics;
using System.Text.Json;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Needs;
using static KeyRecovery.Cli.Tests.Support.JsonLines;

namespace KeyRecovery.Cli.Tests.Outcomes;

/// <summary>
/// Two homes are linked, one of which lies on a disk that is full or takes nothing: that home says so, the other one
/// does not wait for it, no device is left that nobody has, and with room again the same links.
/// </summary>
[Collection(CliTests.Name)]
public sealed class DiskLinkTests(CliFixture fixture)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [NeedsTheory(Need.Mounting)]
    [InlineData("show", true)]
    [InlineData("show", false)]
    [InlineData("scan", true)]
    [InlineData("scan", false)]
    [InlineData("type", true)]
    [InlineData("type", false)]
    public async Task A_home_that_takes_nothing_says_so_and_links_when_it_does(string command, bool isFull)
    {
        using var disk = await SmallDisk.MountAsync(fixture.NewPath());
        var (onDisk, elsewhere) = (Path.Combine(disk.Path, "home"), fixture.NewPath());
        var phone = fixture.NewDevice().At(command == "show" ? onDisk : elsewhere);
        var laptop = fixture.NewDevice().At(command == "show" ? elsewhere : onDisk);
        (await phone.RunAsync(
            "account", "create", "--no-code", "--name", "phone", "--token", await fixture.NewTokenAsync())).Ended(0);
        (await phone.TypeAsync("kept", "backup", "put", "a", "-")).Ended(0);

        if (isFull) disk.Fill();
        else await disk.CloseAsync();
        var (shown, joined) = await LinkAsync(phone, laptop, command);
        if (isFull) disk.Empty();
        else await disk.OpenAsync();
        var told = command == "show" ? shown : joined;
        var isDone = joined is { } end && end.TryGetProperty("deviceId", out _);
        if (told is { } failed && failed.TryGetProperty("error", out var error))
            Assert.Equal("home-failed", error.GetString());
        // What was noted in a block that was there is done; only a full disk has such a one.
        else Assert.True(isFull && isDone, $"{shown}\n{joined}");
        Assert.Equal(isDone ? ["laptop", "phone"] : ["phone"], await NamesAsync(phone));

        if (!isDone)
        {
            (shown, joined) = await LinkAsync(phone, laptop, command);
            Assert.Equal(shown!.Value.GetProperty("deviceId").GetString(),
                joined!.Value.GetProperty("deviceId").GetString());
        }
        Assert.Equal(["laptop", "phone"], await NamesAsync(phone));
        Assert.Equal("kept", (await laptop.RunAsync("backup", "get", "a")).Ended(0).Output);
        (await laptop.TypeAsync("x", "backup", "put", "b", "-")).Ended(0);
    }

    private static async Task<List<string?>> NamesAsync(CommandLine phone) =>
    [
        .. (await phone.RunAsync("device", "list", "--json")).Ended(0).Json.GetProperty("devices").EnumerateArray()
            .Select(d => d.GetProperty("name").GetString()).Order(),
    ];

    /// <returns>What ended each; null for one that was never begun, or that nobody came to.</returns>
    private static async Task<(JsonElement? Shown, JsonElement? Joined)> LinkAsync(
        CommandLine phone, CommandLine laptop, string command)
    {
        using var show = phone.Start("link", "show", "--json", "--yes");
        var code = await NextAsync(show);
        if (IsEnd(code)) return (code, null);
        using var join = laptop.Start(
            command == "type" ? ["link", "type", "--json", "--name", "laptop"]
            : ["link", "scan", code.GetProperty("payload").GetString()!, "--json", "--name", "laptop"]);
        if (command == "type") await join.StandardInput.WriteLineAsync(code.GetProperty("typed").GetString());
        var joined = await NextAsync(join);
        if (!IsEnd(joined))
        {
            if (!IsEnd(await NextAsync(show)))
                await show.StandardInput.WriteLineAsync(joined.GetProperty("digits").GetString());
        }
        else if (!await EndsAsync(show))
        {
            // Nobody claimed its code, which is good for minutes.
            show.Kill();
            await show.WaitForExitAsync().WaitAsync(Limit);
            return (null, joined);
        }
        var ends = await Task.WhenAll(EndAsync(show), IsEnd(joined) ? Task.FromResult(joined) : EndAsync(join));
        await Task.WhenAll(show.WaitForExitAsync(), join.WaitForExitAsync()).WaitAsync(Limit);
        return (ends[0], ends[1]);
    }

    private static async Task<bool> EndsAsync(Process process) =>
        await Task.WhenAny(process.WaitForExitAsync(), Task.Delay(TimeSpan.FromSeconds(2))) is var first
        && process.HasExited && first.IsCompletedSuccessfully;

    private static bool IsEnd(JsonElement told) =>
        told.TryGetProperty("deviceId", out _) || told.TryGetProperty("error", out _);

    private static async Task<JsonElement> EndAsync(Process process)
    {
        var told = await NextAsync(process);
        while (!IsEnd(told)) told = await NextAsync(process);
        return told;
    }
}
