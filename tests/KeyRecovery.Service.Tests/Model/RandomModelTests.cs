using CsCheck;
using KeyRecovery.Testing.Needs;
using Xunit.Abstractions;

namespace KeyRecovery.Service.Tests.Model;

/// <summary>
/// An owner with devices and a code, culprits that are young or stolen, restores of every kind and a home that lies,
/// drawn at random: of the rules, and of the real service under the same acts. What fails is told with its seed, which
/// <c>CsCheck_Seed</c> repeats, and its steps. Not asked for is what is not promised: that anybody comes back where a
/// trusted culprit threw out all who are honest, or where nobody kept what both stores lost; what stood on links that a
/// repair or the way back took the place of; and a link that removes nobody past the day's cap, when it is no undo.
/// </summary>
[Trait("Store", "Files")]
public sealed class RandomModelTests(ITestOutputHelper output)
{
    /// <summary>As many walks, in the long test.</summary>
    private const string WalksVariable = "KEYRECOVERY_WALKS";

    private static readonly Gen<(Move, int)[]> Steps = Gen.Select(
        Gen.Frequency(
            (8, OneOf(
                Move.Write, Move.WriteOften, Move.Delete, Move.Link, Move.Remove, Move.Rotate, Move.NewCode)),
            (4, OneOf(Move.LetIn, Move.Steal)),
            (10, OneOf(
                Move.Wreck, Move.Clear, Move.SpoilEpoch, Move.BringIn, Move.ThrowOut, Move.TakeTheCode, Move.Flood,
                Move.WrongRepair)),
            (8, OneOf(Move.Save, Move.Save, Move.RestoreData, Move.RestoreKeys, Move.RestoreBoth)),
            (2, OneOf(Move.LoseTheRow, Move.Lose, Move.Lose, Move.LoseAll)),
            (4, OneOf(Move.Wait, Move.Wait, Move.Sweep)),
            (6, OneOf(Move.Repair, Move.Repair, Move.Recover, Move.RacedUndo, Move.Lie, Move.Lie)),
            (9, OneOf(
                Move.SetPassphrase, Move.SetPassphrase, Move.Follow, Move.Follow, Move.Mislead, Move.Mislead,
                Move.LieToRealm))),
        Gen.Int[0, 9_999]).Array[4, 24];

    [Fact]
    public Task Whatever_happens_the_owner_comes_back_with_three_calls_and_finds_what_is_promised() => SampleAsync(60);

    [HoursFact]
    [Trait("Category", "Hours")]
    public async Task The_same_for_hours_and_everything_that_can_happen_does()
    {
        var tally = await SampleAsync(
            long.TryParse(Environment.GetEnvironmentVariable(WalksVariable), out var walks) ? walks : 5_000);
        string[] happens =
        [
            "conflict", "flooded", "fork followed", "fork not followed", "lie followed", "lie kept", "lie not followed",
            "lie refused", "misled", "no clean point", "nobody honest is left", "overtaken", "passphrase opened",
            "refused LimitReached", "refused YoungAuthority", "repaired", "repaired by a culprit", "restored data",
            "restored data of before", "restored datakeys", "restored keys", "share gone", "undone", "version kept",
            "went the way back",
        ];
        Assert.Equal("", string.Join(", ", happens.Where(what => tally[what] == 0)));
    }

    private async Task<Tally> SampleAsync(long walks)
    {
        var tally = new Tally();
        await Gen.Select(Gen.Int[0, int.MaxValue], Steps).SampleAsync(async (seed, steps) =>
        {
            await using var world = await ModelWorld.OpenAsync(seed);
            await new Walk(world).GoAsync(steps);
            lock (tally) tally.Add(world.Tally);
        }, iter: walks, threads: 1, print: walk =>
            $"{walk.Item1}: {string.Join(", ", walk.Item2.Select(step => $"{step.Item1} {step.Item2}"))}");
        output.WriteLine($"{tally}");
        return tally;
    }

    private static Gen<Move> OneOf(params Move[] moves) => Gen.Int[0, moves.Length - 1].Select(i => moves[i]);
}
