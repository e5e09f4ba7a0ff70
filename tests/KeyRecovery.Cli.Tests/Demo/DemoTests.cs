using System.Diagnostics;
using System.Globalization;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Cli.Tests.Demo;

/// <summary>The demo tells the truth, and leaves nothing behind.</summary>
[Collection(PortableTests.Name)]
public sealed class DemoTests(PortableFixture fixture)
{
    private readonly string _temporary = Directory.CreateDirectory(fixture.NewPath()).FullName;

    private static readonly string[] Steps =
        ["server", "account", "backup", "server-view", "drill", "passphrase", "lake", "typo", "recover", "items",
            "old-keys", "history", "link", "activity", "revoke", "absent-realm", "lying-realm", "hostile-realm",
            "backup-set", "erase", "restore", "end"];

    [NeedsFact(Need.Linux)]
    public async Task Every_step_holds_and_nothing_stays_behind()
    {
        var demo = (await NewDemo().RunAsync("demo", "--json")).Ended(0).Json;
        Assert.True(demo.GetProperty("ok").GetBoolean());
        var steps = demo.GetProperty("steps").EnumerateArray().ToDictionary(s => s.GetProperty("name").GetString()!);
        Assert.Equal(Steps, steps.Keys);
        Assert.All(steps.Values,
            step => Assert.True(step.GetProperty("ok").GetBoolean() && step.GetProperty("ms").GetInt64() >= 0));
        Assert.Equal(
            (0, 1), (steps["server-view"].GetProperty("found").GetInt32(), steps["server-view"]
                .GetProperty("controlFound").GetInt32()));
        Assert.True(steps["server-view"].GetProperty("bytes").GetInt64() > 200 * 1024);
        foreach (var step in new[] { "absent-realm", "lying-realm", "hostile-realm" })
            Assert.Equal([10, 10], steps[step].GetProperty("guessesLeft").EnumerateArray().Select(n => n.GetInt32()));
        Assert.Equal([10, 10, 10],
            steps["hostile-realm"].GetProperty("guessesLeftAtAll").EnumerateArray().Select(n => n.GetInt32()));
        Assert.Equal(0, steps["typo"].GetProperty("requests").GetInt32());
        Assert.Equal(2, steps["recover"].GetProperty("epoch").GetInt32());
        Assert.False(IsRunning(steps["server"].GetProperty("processId").GetInt32()));
        Assert.Empty(Directory.GetFileSystemEntries(_temporary, "keyrecovery-*"));
    }

    // That a person reads "Every step held." is what .ci/run looks for in the README's first command.
    [Fact]
    public async Task A_step_that_does_not_hold_ends_it_with_1_and_what_there_is_may_be_kept()
    {
        using var demo = NewDemo().Start("demo", "--keep");
        using var server = Process.GetProcessById(await ServerOfAsync(demo));
        server.Kill();
        var rest = await demo.StandardOutput.ReadToEndAsync();
        await demo.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(1, demo.ExitCode);
        Assert.Contains("did not hold", rest, StringComparison.Ordinal);
        var folder = rest.Split('\n')
            .Single(l => l.StartsWith("Kept: ", StringComparison.Ordinal))["Kept: ".Length..].Trim();
        Assert.True(Directory.Exists(Path.Combine(folder, "server", "data")));
        Directory.Delete(folder, recursive: true);
    }

    [NeedsFact(Need.Linux)]
    public async Task An_interrupted_demo_takes_its_server_with_it()
    {
        using var demo = NewDemo().Start("demo");
        var server = await ServerOfAsync(demo);
        Assert.True(IsRunning(server));
        using (var interrupt = Process.Start("sh", ["-c", $"kill -INT {demo.Id}"])) await interrupt.WaitForExitAsync();
        _ = demo.StandardOutput.ReadToEndAsync();
        await demo.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(1, demo.ExitCode);
        Assert.False(IsRunning(server));
        Assert.Empty(Directory.GetFileSystemEntries(_temporary, "keyrecovery-*"));
    }

    private CommandLine NewDemo() =>
        new(fixture.Server.Address, fixture.NewPath()) { Executable = null, Temporary = _temporary };

    private static async Task<int> ServerOfAsync(Process demo)
    {
        const string mark = "(process ";
        var line = "";
        while (!line.Contains(mark, StringComparison.Ordinal))
            line = await demo.StandardOutput.ReadLineAsync()
                ?? throw new InvalidOperationException("the demo ended without a server");
        return int.Parse(line[(line.IndexOf(mark, StringComparison.Ordinal) + mark.Length)..].TrimEnd().TrimEnd(')'),
            CultureInfo.InvariantCulture);
    }

    // One that has ended and that nobody has asked after yet (a zombie) runs no more.
    private static bool IsRunning(int processId)
    {
        try
        {
            return !File.ReadAllText($"/proc/{processId}/status").Contains("State:\tZ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
