using KeyRecovery.Api.Tests.Support;

namespace KeyRecovery.Api.Tests.Verbs;

public class VerbTests
{
    [Fact]
    public async Task Init_makes_keys_and_stores_in_private_directories_and_check_approves_of_them()
    {
        using var directory = new TempDirectory();
        var arguments = TestHost.Arguments(directory, null, "Development");
        Assert.Equal(1, (await HostProcess.RunAsync(["check", .. arguments])).ExitCode);
        Assert.Equal(0, (await HostProcess.RunAsync(["init", .. arguments])).ExitCode);
        Assert.Equal(
            (0, "KEK 1 is current: 0 rows\naccounts: 0 sound, 0 damaged, 0 without data, 0 unfinished\nsound\n", ""),
            await HostProcess.RunAsync(["check", .. arguments]));

        var keys = Path.Combine(directory.Path, "keys");
        File.SetUnixFileMode(keys, File.GetUnixFileMode(keys) | UnixFileMode.GroupRead);
        var (exitCode, output, _) = await HostProcess.RunAsync(["check", .. arguments]);
        Assert.Equal(1, exitCode);
        Assert.StartsWith("KeyRecovery:Keys:Directory is open to other users", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rotate_without_a_server_replaces_the_KEK_and_the_root_key_under_the_lock()
    {
        using var directory = new TempDirectory();
        var arguments = TestHost.Arguments(directory, null, "Development");
        Assert.Equal(0, (await HostProcess.RunAsync(["init", .. arguments])).ExitCode);
        var rootKey = Path.Combine(directory.Path, "ring", "root.key");
        var before = await File.ReadAllBytesAsync(rootKey);

        var (exitCode, output, error) = await HostProcess.RunAsync(["rotate", .. arguments]);
        Assert.Equal((0, ""), (exitCode, error));
        Assert.EndsWith("done: KEK 1 destroyed, 2 is current, 0 rows moved\n", output, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(rootKey));

        Assert.Equal(0, (await HostProcess.RunAsync(["rotate", "--root", .. arguments])).ExitCode);
        Assert.NotEqual(before, await File.ReadAllBytesAsync(rootKey));
        Assert.StartsWith("KEK 2 is current: 0 rows\n", (await HostProcess.RunAsync(["check", .. arguments])).Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_root_key_of_the_settings_is_replaced_by_giving_the_next_one()
    {
        using var directory = new TempDirectory();
        string Key() => Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
        var (key, next) = (Key(), Key());
        string[] With(params (string Name, string Value)[] settings) =>
            TestHost.Arguments(directory, settings.ToDictionary(s => s.Name, s => s.Value), "Development");
        Assert.Equal(0, (await HostProcess.RunAsync(["init", .. With(("Ring:RootKey", key))])).ExitCode);
        Assert.False(File.Exists(Path.Combine(directory.Path, "ring", "root.key")));
        Assert.Equal(1, (await HostProcess.RunAsync(["rotate", "--root", .. With(("Ring:RootKey", key))])).ExitCode);

        var (exitCode, output, _) =
            await HostProcess.RunAsync(
                ["rotate", "--root", .. With(("Ring:RootKey", key), ("Ring:RootKeyNext", next))]);
        Assert.Equal(0, exitCode);
        Assert.Contains("Make it RootKey", output, StringComparison.Ordinal);
        Assert.Equal(1, (await HostProcess.RunAsync(["check", .. With(("Ring:RootKey", key))])).ExitCode);
        Assert.Equal(0, (await HostProcess.RunAsync(["check", .. With(("Ring:RootKey", next))])).ExitCode);

        var (_, _, refusal) = await HostProcess.RunAsync(["check", .. With(("Ring:RootKey", key[..20]))]);
        Assert.Equal("KeyRecovery:Ring:RootKey is base64 of 32 bytes.\n", refusal);
    }

    [Fact]
    public async Task An_unknown_verb_is_a_usage_error()
    {
        var (exitCode, _, error) = await HostProcess.RunAsync("destroy");
        Assert.Equal(2, exitCode);
        Assert.Contains("serve", error, StringComparison.Ordinal);
        Assert.Equal(2, (await HostProcess.RunAsync("check", "--sweep", "--older-than-minutes", "soon")).ExitCode);
        Assert.Equal(2, (await HostProcess.RunAsync("check", "--older-than-minutes", "5")).ExitCode);
    }

    [Fact]
    public async Task A_wrong_setting_stops_the_server_with_one_line_and_no_stack()
    {
        using var directory = new TempDirectory();
        var arguments = TestHost.Arguments(directory, new() { ["Orphans:AfterHours"] = "0" }, "Development");
        Assert.Equal((1, "", "KeyRecovery:Orphans:AfterHours is from 1 to 720.\n"),
            await HostProcess.RunAsync(["serve", .. arguments]));
    }
}
