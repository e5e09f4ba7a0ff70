using Xunit.Abstractions;

namespace KeyRecovery.EndToEnd.Tests.Crashes;

/// <summary>
/// SIGKILL in the midst of a renamed issuer's accounts, while users work: the next start goes on by itself, nobody is
/// orphaned, and nobody gets a second account.
/// </summary>
public sealed class KilledRenameTests(ITestOutputHelper output)
{
    // The first one, and eight that are former ones by the end.
    private const int MostNames = 9;
    private const int Kills = 6;

    [Fact]
    [Trait("Category", "Hours")]
    public async Task Killed_in_the_midst_it_goes_on_and_nobody_is_orphaned_or_there_twice()
    {
        await using var world = await RenamedIssuer.LiveAsync();
        // Until the last of these kills left something to a start that was not killed.
        for (var (left, names) = (Kills, 1); left > 0 || !world.WentOn; names++)
        {
            Assert.InRange(names, 1, MostNames - 1);
            left -= await world.RenameAsync(Math.Max(left, 1));
        }

        output.WriteLine($"{world.Works} rounds of users; moved when killed: {string.Join(", ", world.Seen)}");
        Assert.InRange(world.Seen.Count, Kills, int.MaxValue);
        Assert.InRange(world.Works, Kills, int.MaxValue);
        await world.CheckAsync();
    }
}
