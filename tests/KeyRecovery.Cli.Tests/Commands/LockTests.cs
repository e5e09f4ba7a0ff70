using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary>
/// Where a home's key lies, and a passphrase on it: <c>--store</c>, <c>--lock</c>, <c>lock set</c>, <c>change</c> and
/// <c>remove</c>.
/// </summary>
public sealed class LockTests(CliFixture fixture) : IClassFixture<CliFixture>
{
    private const string First = "correct horse battery staple";
    private const string Second = "seven green elephants sing";

    [Fact]
    public async Task A_home_is_made_locked_and_opens_with_the_first_line_alone()
    {
        var device = fixture.NewDevice();
        var token = await fixture.NewTokenAsync();
        var made = (await device.TypeAsync(
            First + "\n", "account", "create", "--no-code", "--lock", "--token", token, "--json")).Ended(0);
        Assert.Equal("locked-file", made.Text("keyStore"));
        (await device.TypeAsync($"{First}\nthe content", "backup", "put", "a", "-")).Ended(0);
        Assert.Equal("the content", (await device.TypeAsync(First, "backup", "get", "a")).Ended(0).Output);

        // The thief's copy of the folder, without the passphrase and with a wrong one.
        var copy = fixture.NewDevice();
        Directory.CreateDirectory(copy.Home);
        foreach (var file in Directory.GetFiles(device.Home))
            File.Copy(file, Path.Combine(copy.Home, Path.GetFileName(file)));
        Assert.Equal("passphrase", (await copy.RunAsync("account", "show", "--json")).Ended(1).Text("error"));
        var wrong = (await copy.TypeAsync(Second, "account", "show", "--json")).Ended(1);
        Assert.Equal("home-unreadable", wrong.Text("error"));
        Assert.Contains("passphrase does not open", wrong.Text("message"), StringComparison.Ordinal);
        // What needs no home asks for nothing.
        (await copy.RunAsync("token", "--subject", "somebody")).Ended(0);
    }

    [Fact]
    public async Task A_lock_is_set_changed_and_removed()
    {
        var (device, _) = await fixture.NewAccountAsync();
        Assert.Equal("file", (await device.RunAsync("account", "show", "--json")).Ended(0).Text("keyStore"));
        Assert.Equal("lock-state", (await device.RunAsync("lock", "change", "--json")).Ended(1).Text("error"));
        Assert.Equal(
            "weak-passphrase", (await device.TypeAsync("1234", "lock", "set", "--json")).Ended(1).Text("error"));

        Assert.Equal(
            "locked-file", (await device.TypeAsync(First, "lock", "set", "--json")).Ended(0).Text("keyStore"));
        (await device.RunAsync("account", "show")).Ended(1);
        Assert.Equal("lock-state", (await device.TypeAsync(First, "lock", "set", "--json")).Ended(1).Text("error"));
        Assert.Equal("home-unreadable",
            (await device.TypeAsync($"{Second}\n{Second}", "lock", "change", "--json")).Ended(1).Text("error"));
        (await device.TypeAsync($"{First}\n{Second}", "lock", "change")).Ended(0);
        (await device.TypeAsync(First, "account", "show")).Ended(1);
        Assert.Equal(
            "locked-file", (await device.TypeAsync(Second, "account", "show", "--json")).Ended(0).Text("keyStore"));

        (await device.TypeAsync(Second, "lock", "remove")).Ended(0);
        (await device.RunAsync("account", "show")).Ended(0);
        Assert.Equal(32, new FileInfo(Path.Combine(device.Home, "device.key")).Length);
    }

    [Fact]
    public async Task Of_locks_that_are_changed_at_once_one_is_there_and_whoever_was_told_so_has_it()
    {
        var (device, _) = await fixture.NewAccountAsync();
        (await device.TypeAsync(First, "lock", "set")).Ended(0);
        string[] wanted = [.. Enumerable.Range(0, 3).Select(i => $"{Second} number {i}")];
        var runs = await Task.WhenAll(wanted.Select(
            next => device.TypeAsync($"{First}\n{next}", "lock", "change", "--json")));
        var done = Assert.Single(runs.Index(), run => run.Item.ExitCode == 0).Index;
        foreach (var (_, run) in runs.Index().Where(run => run.Index != done))
            Assert.Equal("home-unreadable", run.Ended(1).Text("error"));
        (await device.TypeAsync(wanted[done], "account", "show")).Ended(0);
        Assert.Empty(Directory.GetFiles(device.Home, "*.new"));
    }

    [Fact]
    public async Task What_does_not_fit_to_a_home_is_refused_and_nothing_moves()
    {
        var (device, _) = await fixture.NewAccountAsync();
        foreach (var options in (string[][])[["--store", "os"], ["--lock"], ["--store", "cloud"]])
            (await device.RunAsync(["account", "show", .. options])).Ended(2);
        (await device.RunAsync("account", "show", "--store", "file")).Ended(0);
        var empty = fixture.NewDevice();
        (await empty.RunAsync("account", "show", "--store", "os", "--lock")).Ended(2);
        Assert.Equal("device-state", (await empty.TypeAsync(First, "lock", "set", "--json")).Ended(1).Text("error"));
        Assert.False(Directory.Exists(empty.Home));
    }

    [NeedsFact(Need.DesktopBus, Need.Keyring)]
    public async Task On_a_desktop_the_key_is_in_its_keyring_and_a_locked_one_is_told_with_the_way_out()
    {
        using var desktop = await TestDesktop.StartAsync();
        var device = fixture.NewDevice().On(desktop.Bus);
        var made = await device.RunAsync(
            "account", "create", "--no-code", "--token", await fixture.NewTokenAsync());
        Assert.Contains("in the desktop's keyring", made.Ended(0).Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(device.Home, "device.key")));
        Assert.Equal("secret-service", (await device.RunAsync("account", "show", "--json")).Ended(0).Text("keyStore"));

        // A copy of the folder elsewhere, and the same folder while its person is away.
        var elsewhere = (await new CommandLine(fixture.Address, device.Home).RunAsync("account", "show", "--json"));
        Assert.Equal("home-unreadable", elsewhere.Ended(1).Text("error"));
        Assert.Contains("desktop session", elsewhere.Text("message"), StringComparison.Ordinal);
        await desktop.LockAsync();
        var locked = await device.RunAsync("account", "show");
        Assert.Contains("unlock it", locked.Ended(1).Error, StringComparison.Ordinal);
        await desktop.UnlockAsync();
        (await device.RunAsync("account", "show")).Ended(0);
        Assert.Equal("lock-state", (await device.TypeAsync(First, "lock", "set", "--json")).Ended(1).Text("error"));
    }

    [NeedsFact(Need.DesktopBus, Need.Keyring)]
    public async Task Several_commands_at_once_on_a_new_home_agree_on_one_entry_of_the_keyring()
    {
        using var desktop = await TestDesktop.StartAsync();
        var device = fixture.NewDevice().On(desktop.Bus);
        var token = await fixture.NewTokenAsync();
        var made = await Task.WhenAll(Enumerable.Range(0, 2).Select(
            _ => device.RunAsync("account", "create", "--no-code", "--token", token, "--json")));
        Assert.Contains(made, run => run.ExitCode == 0);
        var puts = await Task.WhenAll(Enumerable.Range(0, 3).Select(
            i => device.TypeAsync($"content {i}", "backup", "put", $"item {i}", "-")));
        foreach (var put in puts) put.Ended(0);
        for (var i = 0; i < 3; i++)
            Assert.Equal($"content {i}", (await device.RunAsync("backup", "get", $"item {i}")).Ended(0).Output);
        Assert.False(File.Exists(Path.Combine(device.Home, "device.key")));
    }
}
