using KeyRecovery.Api.Tests.Support;

namespace KeyRecovery.Api.Tests.Hosting;

public class VerbTests
{
    [Fact]
    public async Task Init_makes_keys_and_stores_in_private_directories_and_check_approves_of_them()
    {
        using var directory = new TempDirectory();
        var arguments = TestHost.Arguments(directory, null, "Development");
        Assert.Equal(1, (await HostProcess.RunAsync(["check", .. arguments])).ExitCode);
        Assert.Equal(0, (await HostProcess.RunAsync(["init", .. arguments])).ExitCode);
        Assert.Equal((0, "accounts: 0 sound, 0 damaged, 0 without data, 0 unfinished\nsound\n", ""), await HostProcess.RunAsync(["check", .. arguments]));

        var keys = Path.Combine(directory.Path, "keys");
        File.SetUnixFileMode(keys, File.GetUnixFileMode(keys) | UnixFileMode.GroupRead);
        var (exitCode, output, _) = await HostProcess.RunAsync(["check", .. arguments]);
        Assert.Equal(1, exitCode);
        Assert.StartsWith("KeyRecovery:Keys:Directory is open to other users", output, StringComparison.Ordinal);
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
        Assert.Equal((1, "", "KeyRecovery:Orphans:AfterHours is from 1 to 720.\n"), await HostProcess.RunAsync(["serve", .. arguments]));
    }
}
