using System.Security.Cryptography;
using System.Text.Json;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary>Whoever reaches a limit hears which, how much is allowed and how much there is, and what to do.</summary>
public sealed class LimitTests(CliFixture fixture)
    : IClassFixture<CliFixture>
{
    [Theory]
    [InlineData(262_144, null)]
    [InlineData(262_145, "262,144 bytes allowed, it has 262,145")]
    [InlineData(300_000, "262,144 bytes allowed, it has 300,000")]
    [InlineData(1_048_576, "262,144 bytes allowed, it has 1,048,576")]
    [InlineData(2_000_000, "1,048,576 bytes allowed, it has 2,000,000")]
    public async Task An_item_has_as_many_bytes_as_the_app_allows_and_not_one_more(int size, string? words)
    {
        var (device, _) = await fixture.NewAccountAsync();
        var file = await fixture.NewFileAsync(new byte[size]);
        var put = await device.RunAsync("backup", "put", "a", file, "--json");
        if (words is null)
        {
            Assert.Equal(size, put.Ended(0).Json.GetProperty("size").GetInt32());
            // What comes by a pipe has no size to go by, and is all there.
            var content = RandomNumberGenerator.GetBytes(size);
            (await device.RunAsync(content, "backup", "put", "piped", "-")).Ended(0);
            var got = Path.Combine(Path.GetDirectoryName(file)!, $"{Path.GetFileName(file)}.got");
            (await device.RunAsync("backup", "get", "piped", "-o", got)).Ended(0);
            Assert.Equal(content, await File.ReadAllBytesAsync(got));
            return;
        }
        Assert.Equal(("limit-reached", "items.size"), (put.Ended(1).Text("error"), put.Text("field")));
        Assert.Equal(size, put.Json.GetProperty("used").GetInt32());
        Assert.Contains(words, put.Text("message"), StringComparison.Ordinal);
        var people = (await device.RunAsync(await File.ReadAllBytesAsync(file), "backup", "put", "a", "-")).Ended(1);
        Assert.Contains("Split it", people.Error, StringComparison.Ordinal);
        Assert.Empty(Items(await device.RunAsync("backup", "list", "--json")));
    }

    [Theory]
    [InlineData("backup put a /dev/zero")]
    [InlineData("link show --bundle /dev/zero")]
    [InlineData("passphrase set --token /dev/zero")]
    public async Task A_file_without_end_is_read_up_to_its_limit(string command)
    {
        var (device, _) = await fixture.NewAccountAsync();
        var run = await device.RunAsync([.. command.Split(' '), "--json"]);
        Assert.Contains(run.Ended(1).Text("error"), (string[])["limit-reached", "token-missing"]);
    }

    [Theory]
    [InlineData("backup put a -")]
    [InlineData("code check")]
    [InlineData("device revoke phone --with-code")]
    [InlineData("passphrase set --token -")]
    public async Task A_standard_input_without_end_is_read_up_to_its_limit(string command)
    {
        var (device, _) = await fixture.NewAccountAsync();
        var (exit, output) = await OtherProgram.RunAsync(
            "bash", ["-c", "\"$0\" \"$@\" </dev/zero 2>/dev/null",
                .. device.Words([.. command.Split(' '), "--json"])]);
        Assert.Equal(1, exit);
        Assert.Contains(
            JsonDocument.Parse(output).RootElement.GetProperty("error").GetString(),
            (string[])["limit-reached", "input-too-long"]);
    }

    [Fact]
    public async Task The_item_after_the_last_one_is_refused_and_removing_one_makes_room()
    {
        var (device, _) = await fixture.NewAccountAsync();
        await WithSdkAsync(device, async vault => TestDevice.Value(await vault.EditAsync(
            [.. Enumerable.Range(0, Limits.Items - 1).Select(i => new ItemEdit.Put($"item {i}", new byte[] { 1 }))])));
        var put = (await device.TypeAsync("x", "backup", "put", "one more", "-", "--json")).Ended(1);
        Assert.Equal(("limit-reached", "items"), (put.Text("error"), put.Text("field")));
        Assert.Equal((1024, 1024),
            (put.Json.GetProperty("limit").GetInt32(), put.Json.GetProperty("used").GetInt32()));
        var people = (await device.TypeAsync("x", "backup", "put", "one more", "-")).Ended(1).Error;
        Assert.Contains("1,024 items allowed, 1,024 used", people, StringComparison.Ordinal);
        Assert.Contains("keyrecovery backup remove NAME", people, StringComparison.Ordinal);

        (await device.TypeAsync("y", "backup", "put", "item 7", "-")).Ended(0);
        (await device.RunAsync("backup", "remove", "item 8")).Ended(0);
        (await device.TypeAsync("x", "backup", "put", "one more", "-")).Ended(0);
    }

    [Fact]
    public async Task Who_adds_too_many_codes_hears_of_the_day_and_may_still_replace_them()
    {
        var (device, _) = await fixture.NewAccountAsync();
        await WithSdkAsync(device, async vault =>
        {
            for (var i = 0; i < Limits.AdditionsPerDay + 1; i++)
            {
                using var code = RecoveryCode.Generate(SystemRandom.Instance);
                if (await vault.AddCodeAsync(code) is Result<VaultSession>.Failed) return;
            }
        });
        var refused = (await device.RunAsync("code", "create", "--json")).Ended(1);
        Assert.Equal(("limit-reached", "additions"), (refused.Text("error"), refused.Text("field")));
        Assert.Equal(Limits.AdditionsPerDay, refused.Json.GetProperty("limit").GetInt32());
        var people = (await device.RunAsync("code", "create")).Ended(1).Error;
        Assert.Contains("midnight UTC", people, StringComparison.Ordinal);
        (await device.RunAsync("code", "create", "--replace", "--json")).Ended(0);
    }

    [Fact]
    public async Task A_full_account_says_how_full_it_is_and_takes_what_replaces_its_like()
    {
        var (device, _) = await fixture.NewAccountAsync();
        await WithSdkAsync(device, async vault =>
        {
            for (var i = 0; await vault.PutAsync($"item {i}", new byte[Limits.ItemBytes])
                is Result<ItemInfo>.Ok && i < 70; i++) { }
        });
        var file = await fixture.NewFileAsync(new byte[Limits.ItemBytes]);
        var refused = (await device.RunAsync("backup", "put", "one more", file, "--json")).Ended(1);
        Assert.Equal(("limit-reached", "account.size"), (refused.Text("error"), refused.Text("field")));
        Assert.Equal(Limits.AccountBytes, refused.Json.GetProperty("limit").GetInt64());
        Assert.InRange(refused.Json.GetProperty("used").GetInt64(), 1, Limits.AccountBytes);
        Assert.Contains(
            "To make room", (await device.RunAsync("backup", "put", "one more", file)).Ended(1).Error,
            StringComparison.Ordinal);
        (await device.RunAsync("backup", "remove", "item 1")).Ended(0);
        (await device.RunAsync("backup", "put", "one more", file)).Ended(0);
    }

    [Fact]
    public async Task A_name_that_is_too_long_says_by_how_much()
    {
        var (device, _) = await fixture.NewAccountAsync();
        var id = (await device.RunAsync("device", "list", "--json")).Ended(0).Json.GetProperty("devices")[0]
            .GetProperty("id").GetString()!;
        string[][] commands = [["backup", "put", new string('é', 33), "-"], ["device", "rename", id, new('é', 33)]];
        foreach (var command in commands)
        {
            var run = (await device.TypeAsync("x", [.. command, "--json"])).Ended(1);
            Assert.Equal("invalid", run.Text("error"));
            Assert.Contains("at most 64 bytes, and this one has 66", run.Text("message"), StringComparison.Ordinal);
        }
    }

    private static IEnumerable<JsonElement> Items(CliRun run) =>
        run.Ended(0).Json.GetProperty("items").EnumerateArray();

    // The same home by the SDK: a thousand commands take their time.
    private async Task WithSdkAsync(CommandLine device, Func<VaultSession, Task> work)
    {
        using var client = new KeyRecoveryClient(
            new KeyRecoveryOptions { Server = fixture.Server.Address, App = "demo" }, new FileDeviceStore(device.Home));
        using var vault = TestDevice.Value(await client.OpenAsync());
        await work(vault);
    }
}
