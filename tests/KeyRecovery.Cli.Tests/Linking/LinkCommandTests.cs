using System.Diagnostics;
using System.Text.Json;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Needs;
using static KeyRecovery.Cli.Tests.Support.JsonLines;

namespace KeyRecovery.Cli.Tests.Linking;

/// <summary>
/// Two real processes with homes of their own and a real server: one shows, the other scans or types.
/// </summary>
[Collection(CliTests.Name)]
public sealed class LinkCommandTests(CliFixture fixture)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData("payload")]
    [InlineData("typed")]
    public Task A_new_device_gets_the_account_its_items_and_the_bundle(string way) => LinkAsync(way);

    [NeedsFact(Need.Zbarimg)]
    public Task A_new_device_that_is_given_a_picture_of_the_code_does_too() => LinkAsync("image");

    private async Task LinkAsync(string way)
    {
        var (phone, _) = await fixture.NewAccountAsync();
        var (item, bundle) = ("the item"u8.ToArray(), "the app's own keys"u8.ToArray());
        (await phone.RunAsync("backup", "put", "identity", await fixture.NewFileAsync(item))).Ended(0);
        var (png, received) = (fixture.NewPath(".png"), fixture.NewPath(".bundle"));

        using var show = phone.Start(
            "link", "show", "--json", "--png", png, "--bundle", await fixture.NewFileAsync(bundle));
        var code = await NextAsync(show);
        var laptop = fixture.NewDevice();
        string[] arguments = ["--json", "--name", "laptop", "--bundle", received];
        using var join = way switch
        {
            "payload" => laptop.Start(["link", "scan", code.GetProperty("payload").GetString()!, .. arguments]),
            "image" => laptop.Start(["link", "scan", "--image", png, .. arguments]),
            _ => laptop.Start(["link", "type", .. arguments]),
        };
        if (way == "typed") await join.StandardInput.WriteLineAsync(code.GetProperty("typed").GetString());
        var digits = (await NextAsync(join)).GetProperty("digits").GetString();
        Assert.True((await NextAsync(show)).GetProperty("needsDigits").GetBoolean());
        await show.StandardInput.WriteLineAsync(digits);

        var candidate = await NextAsync(show);
        Assert.Equal("laptop", candidate.GetProperty("name").GetString());
        Assert.Equal("127.0.0.0/24", candidate.GetProperty("network").GetString());
        Assert.True(candidate.GetProperty("needsConsent").GetBoolean());
        await show.StandardInput.WriteLineAsync("yes");
        var (linked, joined) = (await NextAsync(show), await NextAsync(join));
        await Task.WhenAll(show.WaitForExitAsync(), join.WaitForExitAsync()).WaitAsync(Limit);
        Assert.Equal((0, 0), (show.ExitCode, join.ExitCode));
        Assert.Equal(linked.GetProperty("deviceId").GetString(), joined.GetProperty("deviceId").GetString());
        Assert.Equal(bundle, await File.ReadAllBytesAsync(received));
        Assert.Equal(item, (await laptop.RunAsync("backup", "get", "identity")).Ended(0).Bytes);
        Assert.False(File.Exists(png));

        var id = joined.GetProperty("deviceId").GetString()!;
        (await phone.RunAsync("device", "rename", id, "new laptop")).Ended(0);
        var devices = (await phone.RunAsync("device", "list", "--json")).Ended(0).Json.GetProperty("devices");
        Assert.Contains(devices.EnumerateArray(), d => d.GetProperty("id").GetString() == id
            && d.GetProperty("name").GetString() == "new laptop");
        (await phone.RunAsync("device", "revoke", "new laptop")).Ended(0);
        Assert.Equal("revoked", (await laptop.RunAsync("account", "show", "--json")).Ended(1).Text("error"));
    }

    [Theory]
    [InlineData("no", false)]
    [InlineData("", false)]
    [InlineData("YES", false)]
    [InlineData(null, false)]
    [InlineData(null, true)]
    public async Task No_machine_gives_the_account_away_without_a_word(string? answer, bool isBeforehand)
    {
        var (phone, _) = await fixture.NewAccountAsync();
        string[] command = ["link", "show", "--json"];
        using var show = phone.Start(isBeforehand ? [.. command, "--yes"] : command);
        var payload = (await NextAsync(show)).GetProperty("payload").GetString()!;
        var laptop = fixture.NewDevice();
        using var join = laptop.Start("link", "scan", payload, "--json", "--name", "laptop");
        var digits = (await NextAsync(join)).GetProperty("digits").GetString();
        await NextAsync(show);
        await show.StandardInput.WriteLineAsync(digits);
        Assert.Equal(!isBeforehand, (await NextAsync(show)).GetProperty("needsConsent").GetBoolean());
        if (answer is not null) await show.StandardInput.WriteLineAsync(answer);
        show.StandardInput.Close();
        var (shown, joined) = (await NextAsync(show), await NextAsync(join));
        await Task.WhenAll(show.WaitForExitAsync(), join.WaitForExitAsync()).WaitAsync(Limit);
        var devices = (await phone.RunAsync("device", "list", "--json")).Ended(0).Json.GetProperty("devices");
        Assert.Equal(
            isBeforehand ? 2 : 1, devices.EnumerateArray().Count(d => d.GetProperty("kind").GetString() == "device"));
        if (isBeforehand) return;
        Assert.Equal((1, 1), (show.ExitCode, join.ExitCode));
        Assert.Equal("link-ended", shown.GetProperty("error").GetString());
        Assert.Equal("link-ended", joined.GetProperty("error").GetString());
    }
}
