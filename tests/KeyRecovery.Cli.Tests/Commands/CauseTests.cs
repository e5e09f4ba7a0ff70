using System.Text;
using KeyRecovery.Cli.Tests.Support;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary>A token, an app or a device that is not the right one, or not yet: which, and what to do.</summary>
[Collection(CliTests.Name)]
public sealed class CauseTests(CliFixture fixture)
{
    [Theory]
    [InlineData("", "is empty")]
    [InlineData("\ufeff \r\n", "is empty")]
    [InlineData("two words", "several words or lines")]
    [InlineData("a\nb", "several words or lines")]
    [InlineData("caf\u00e9", "characters that no token has")]
    [InlineData("a\0b", "characters that no token has")]
    public async Task A_token_file_that_holds_none_is_named_and_nothing_is_sent(string content, string words)
    {
        await using var relay = new TcpRelay { Server = fixture.Server.Address };
        var file = await fixture.NewFileAsync(Encoding.UTF8.GetBytes(content));
        var run = (await fixture.NewDevice().Through(relay.Address).RunAsync(
            "account", "create", "--no-code", "--token", file, "--json")).Ended(1);
        Assert.Equal("token-missing", run.Text("error"));
        Assert.Contains(words, run.Text("message"), StringComparison.Ordinal);
        Assert.Contains(file, run.Text("message"), StringComparison.Ordinal);
        Assert.Equal(0, relay.Connections);
    }

    [Theory]
    [InlineData("{0}\n")]
    [InlineData("\ufeff{0}")]
    [InlineData("  {0} \r\n\r\n")]
    public async Task A_token_is_read_with_what_editors_put_around_it(string form)
    {
        var token = await File.ReadAllTextAsync(await fixture.NewTokenAsync());
        var file = await fixture.NewFileAsync(Encoding.UTF8.GetBytes(form.Replace("{0}", token)));
        (await fixture.NewDevice().RunAsync("account", "create", "--no-code", "--token", file)).Ended(0);
    }

    [Theory]
    [InlineData("{\"exp\":1600000000}", "It was good until 2020-09-13")]
    [InlineData("{\"nbf\":4000000000}", "It is good from 2096-10-0")]
    [InlineData("{\"iss\":\"https://a.example\",\"aud\":\"other-app\"}", "https://a.example made it for other-app")]
    [InlineData("[]", "no token (JWT)")]
    [InlineData("not json", "no token (JWT)")]
    [InlineData("{\"exp\":\"soon\",\"aud\":[7]}", "is it the right server")]
    public async Task A_token_that_the_server_refuses_is_looked_into_here(string claims, string words)
    {
        var token = $"{Base64("{\"alg\":\"RS256\"}")}.{Base64(claims)}.{Base64("signature")}";
        var file = await fixture.NewFileAsync(Encoding.ASCII.GetBytes(token));
        string[] create = ["account", "create", "--no-code", "--token", file];
        Assert.Equal(
            "token-invalid", (await fixture.NewDevice().RunAsync([.. create, "--json"])).Ended(1).Text("error"));
        var told = (await fixture.NewDevice().RunAsync(create)).Ended(1).Error;
        Assert.Contains(words, Unwrapped(told), StringComparison.Ordinal);
        Assert.DoesNotContain(token, told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_app_that_the_server_does_not_have_is_named_and_nobody_is_accused()
    {
        var (device, code) = await fixture.NewAccountAsync();
        var fresh = fixture.NewDevice();
        var token = await fixture.NewTokenAsync();
        (CommandLine, string, string[])[] runs =
        [
            (device, "", ["account", "show"]), (device, "x", ["backup", "put", "a", "-"]),
            (fresh, code, ["recover", "--code", "--remove", "none"]), (fresh, code, ["code", "check"]),
            (fresh, "", ["account", "create", "--no-code", "--token", token]),
        ];
        foreach (var (on, input, command) in runs)
        {
            var json = (await on.TypeAsync(input, [.. command, "--app", "no-such", "--json"])).Ended(1);
            Assert.Equal("unknown-app", json.Text("error"));
            var told = Unwrapped((await on.TypeAsync(input, [.. command, "--app", "no-such"])).Ended(1).Error);
            Assert.Contains("no app with the id no-such", told, StringComparison.Ordinal);
            Assert.Contains("--app", told, StringComparison.Ordinal);
            Assert.DoesNotContain("do not go on", told, StringComparison.Ordinal);
        }
        (await device.RunAsync("account", "show")).Ended(0);
        (await fresh.RunAsync("account", "create", "--no-code", "--token", token)).Ended(0);
    }

    [Fact]
    public async Task A_young_device_hears_from_when_it_removes_and_what_works_today()
    {
        var (_, code) = await fixture.NewAccountAsync();
        var laptop = fixture.NewDevice();
        (await laptop.TypeAsync(code, "recover", "--code", "--name", "laptop", "--remove", "none")).Ended(0);
        string[][] commands = [["device", "revoke", "phone"], ["code", "remove"], ["erase", "--yes"]];
        foreach (var command in commands)
        {
            var json = (await laptop.RunAsync([.. command, "--json"])).Ended(1);
            Assert.Equal("young-authority", json.Text("error"));
            Assert.InRange(
                json.Json.GetProperty("trustedFrom").GetDateTimeOffset() - DateTimeOffset.UtcNow,
                TimeSpan.FromHours(71), TimeSpan.FromHours(73));
            var told = Unwrapped((await laptop.RunAsync(command)).Ended(1).Error);
            Assert.Matches("until [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} it removes nobody", told);
            Assert.Contains("Today it stores and reads everything", told, StringComparison.Ordinal);
        }
        (await laptop.TypeAsync("x", "backup", "put", "a", "-")).Ended(0);
        (await laptop.RunAsync("code", "create", "--json")).Ended(0);
    }

    private static string Unwrapped(string told) =>
        string.Join(' ', told.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries));

    private static string Base64(string text) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(text)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
