using System.Diagnostics;
using System.Text.Json;
using KeyRecovery.Cli.Tests.Support;
using static KeyRecovery.Cli.Tests.Support.JsonLines;

namespace KeyRecovery.Cli.Tests.Outcomes;

/// <summary>
/// Two homes are linked when a hotel's network comes in their way: whatever was done by then, no key is lost, no device
/// is left that nobody has, and the next command ends well.
/// </summary>
public sealed class HotelLinkTests(HotelFixture fixture) : IClassFixture<HotelFixture>
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData("/v1/commits", 0, true, "link-unfinished")]
    [InlineData("/v1/commits", 5, true, "link-unfinished")]
    [InlineData("/v1/commits", 14, true, "link-unfinished")]
    [InlineData("/v1/links/", 0, false, "transient")]
    [InlineData("/v1/links/", 11, false, "transient")]
    public async Task A_linking_that_a_stranger_ends_is_gone_on_with_or_begun_anew(
        string path, int first, bool isDone, string error)
    {
        var phone = fixture.NewDevice();
        (await phone.RunAsync(
            "account", "create", "--no-code", "--name", "phone", "--token", await fixture.NewTokenAsync())).Ended(0);
        (await phone.TypeAsync("kept", "backup", "put", "a", "-")).Ended(0);
        var laptop = fixture.NewDevice();

        var (shown, joined) = await LinkAsync(phone, laptop, () => fixture.Enter(path, first));
        fixture.Leave();
        Assert.Equal("transient", shown.GetProperty("error").GetString());
        Assert.Equal(error, joined.GetProperty("error").GetString());

        if (!isDone)
        {
            (shown, joined) = await LinkAsync(phone, laptop, null);
            Assert.Equal(shown.GetProperty("deviceId").GetString(), joined.GetProperty("deviceId").GetString());
        }
        else
        {
            // The code is not used: the home asks its account first.
            using var show = phone.Start("link", "show", "--json", "--yes");
            var payload = (await NextAsync(show)).GetProperty("payload").GetString()!;
            var again = (await laptop.RunAsync("link", "scan", payload, "--json", "--name", "laptop")).Ended(0);
            Assert.True(again.Json.GetProperty("isFromBefore").GetBoolean());
            show.Kill();
            await show.WaitForExitAsync().WaitAsync(Limit);
        }
        Assert.Equal("kept", (await laptop.RunAsync("backup", "get", "a")).Ended(0).Output);
        (await laptop.TypeAsync("x", "backup", "put", "b", "-")).Ended(0);
        var devices = (await phone.RunAsync("device", "list", "--json")).Ended(0).Json.GetProperty("devices");
        Assert.Equal(
            ["laptop", "phone"], devices.EnumerateArray().Select(d => d.GetProperty("name").GetString()).Order());
    }

    // The network comes in between when the digits are on the laptop's screen.
    private static async Task<(JsonElement Shown, JsonElement Joined)> LinkAsync(
        CommandLine phone, CommandLine laptop, Action? enter)
    {
        using var show = phone.Start("link", "show", "--json", "--yes");
        var payload = (await NextAsync(show)).GetProperty("payload").GetString()!;
        using var join = laptop.Start("link", "scan", payload, "--json", "--name", "laptop");
        var digits = (await NextAsync(join)).GetProperty("digits").GetString();
        await NextAsync(show);
        enter?.Invoke();
        await show.StandardInput.WriteLineAsync(digits);
        var shown = await NextAsync(show);
        while (!shown.TryGetProperty("deviceId", out _) && !shown.TryGetProperty("error", out _))
            shown = await NextAsync(show);
        var joined = await NextAsync(join);
        await Task.WhenAll(show.WaitForExitAsync(), join.WaitForExitAsync()).WaitAsync(Limit);
        return (shown, joined);
    }
}
