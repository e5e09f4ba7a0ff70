using System.Text.RegularExpressions;

namespace KeyRecovery.Architecture.Tests;

/// <summary>
/// The SDK lives in somebody's app: it makes no thread, and no timer but of the clock that it was given, which
/// <c>WatchTests</c> counts. What it does runs on the pool, while somebody waits for it.
/// </summary>
public partial class OwnThreads
{
    private static readonly string[] Sdk =
        ["KeyRecovery.Protocol", "KeyRecovery.Client", "KeyRecovery.Client.DependencyInjection"];

    [Fact]
    public void The_SDK_makes_no_thread_and_no_timer_beside_the_clocks()
    {
        var files = Sdk.SelectMany(project => Repository.Files($"src/{project}")).ToList();
        Assert.True(files.Count > 300);
        Assert.DoesNotContain(files, file => Makes(string.Join('\n', Repository.Lines(file))));
    }

    [Theory]
    [InlineData("var thread = new Thread(Run);", true)]
    [InlineData("Task.Factory.StartNew(Run, TaskCreationOptions.LongRunning);", true)]
    [InlineData("using var timer = new Timer(Tick);", true)]
    [InlineData("using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));", true)]
    [InlineData("using var timer = new PeriodicTimer(Pause, time);", false)]
    [InlineData("await Task.Delay(Pause, time, ct);", false)]
    public void Making_one_would_be_found(string line, bool isFound) => Assert.Equal(isFound, Makes(line));

    private static bool Makes(string text) => Making().IsMatch(text);

    [GeneratedRegex(@"\bnew Thread\(|\bLongRunning\b|\bnew Timer\(|\bnew PeriodicTimer\([^,]*\)\s*;")]
    private static partial Regex Making();
}
