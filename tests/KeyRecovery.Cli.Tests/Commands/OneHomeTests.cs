using KeyRecovery.Cli.Tests.Support;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary>Several commands at once on one home: each ends well or says what it waits for; no key is lost.</summary>
[Collection(CliTests.Name)]
public sealed class OneHomeTests(CliFixture fixture)
{
    [Fact]
    public async Task Five_puts_at_once_are_all_there()
    {
        var (device, _) = await fixture.NewAccountAsync();
        var puts = await Task.WhenAll(Enumerable.Range(0, 5).Select(
            i => device.TypeAsync($"content {i}", "backup", "put", $"item {i}", "-")));
        foreach (var put in puts) put.Ended(0);
        for (var i = 0; i < 5; i++)
            Assert.Equal($"content {i}", (await device.RunAsync("backup", "get", $"item {i}")).Ended(0).Output);
        Assert.Empty(Directory.GetFiles(device.Home, "*.new"));
    }

    [Fact]
    public async Task Of_two_accounts_that_are_made_at_once_one_is_there_with_its_code()
    {
        for (var round = 0; round < 3; round++)
        {
            var device = fixture.NewDevice();
            var token = await fixture.NewTokenAsync();
            var made = await Task.WhenAll(Enumerable.Range(0, 2).Select(
                _ => device.RunAsync("account", "create", "--code", "--token", token, "--json")));
            var done = made.Where(run => run.ExitCode == 0).ToList();
            Assert.True(done.Count >= 1, string.Join("\n", made.Select(run => run.Output + run.Error)));
            (await device.RunAsync("account", "show")).Ended(0);
            (await device.TypeAsync("x", "backup", "put", "a", "-")).Ended(0);
            // Whoever was shown a code has one that counts.
            foreach (var run in done)
                (await fixture.NewDevice().TypeAsync(run.Text("code"), "code", "check")).Ended(0);
        }
    }

    [Fact]
    public async Task Of_two_recoveries_at_once_one_is_the_device_and_no_ghost_is_left()
    {
        var (_, code) = await fixture.NewAccountAsync();
        var phone = fixture.NewDevice();
        var runs = await Task.WhenAll(Enumerable.Range(0, 2).Select(
            _ => phone.TypeAsync(code, "recover", "--code", "--remove", "none", "--json")));
        Assert.Contains(runs, run => run.ExitCode == 0);
        var devices = (await phone.RunAsync("device", "list", "--json")).Ended(0).Json.GetProperty("devices")
            .EnumerateArray().Count(d => d.GetProperty("kind").GetString() == "device");
        Assert.Equal(2, devices);
        (await phone.TypeAsync("x", "backup", "put", "a", "-")).Ended(0);
    }
}
