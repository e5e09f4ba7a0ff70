using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Cli.Tests.Witnesses;

/// <summary>
/// SIGKILL at any moment, while a log that forks asks for both of its trees at once: of each size one root is cosigned,
/// and all that was cosigned is one tree.
/// </summary>
public sealed class KilledWitnessTests
{
    private static readonly int Kills = Rounds.Of(60);

    [Fact]
    [Trait("Category", "Long")]
    [Trait("Category", "Rounds")]
    public async Task Whatever_moment_it_dies_at_it_never_cosigns_two_trees()
    {
        using var folder = new TempFolder();
        await WitnessProcess.KeyAsync(folder["w"]);
        var log = new TwoTrees(parting: 0);
        var cosigned = new ConcurrentDictionary<(ulong Size, string Root), bool>();
        var answered = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var witness = await WitnessProcess.StartAsync(folder["w"], [log.Key.ToString()]);
            var last = witness.Listening.GetProperty("logs")[0].TryGetProperty("size", out var size)
                ? size.GetInt32() : 0;
            using var end = new CancellationTokenSource();
            // However busy the machine is: some answers, and then any moment.
            var (left, enough) = (RandomNumberGenerator.GetInt32(1, 12), new TaskCompletionSource());
            var asking = Enumerable.Range(0, 4).Select(who => Task.Run(async () =>
            {
                for (var from = last; !end.IsCancellationRequested;)
                {
                    try
                    {
                        var (status, _, body) = await witness.AddAsync(log.Request(from, from + 1, who % 2 == 1));
                        Interlocked.Increment(ref answered);
                        if (Interlocked.Decrement(ref left) == 0) enough.SetResult();
                        if (status == HttpStatusCode.Conflict && WitnessAnswer.TryParseSize(body, out var known))
                            from = (int)known;
                        if (status != HttpStatusCode.OK) continue;
                        var note = log.Note(from + 1, who % 2 == 1);
                        Assert.True(WitnessAnswer.TryParse(body, out var lines));
                        Assert.NotNull(Cosignature.FindTime(note.With(lines[0]), witness.Key));
                        var root = log.Checkpoint(from + 1, who % 2 == 1).Root;
                        cosigned[((ulong)from + 1, root.ToString())] = who % 2 == 1;
                        from++;
                    }
                    catch (Exception gone) when (gone is HttpRequestException or IOException or SocketException)
                    {
                        return;
                    }
                }
            })).ToList();
            await enough.Task.WaitAsync(TimeSpan.FromMinutes(1));
            await Task.Delay(RandomNumberGenerator.GetInt32(0, 30));
            await witness.KillAsync();
            await end.CancelAsync();
            await Task.WhenAll(asking);
        }

        Assert.True(answered >= Kills, $"{answered} answers");
        Assert.True(cosigned.Count > Kills / 4, $"{cosigned.Count} cosigned");
        Assert.Equal(cosigned.Count, cosigned.Keys.Select(one => one.Size).Distinct().Count());
        // The first one decides: the trees part at their first leaf.
        Assert.Single(cosigned.Values.Distinct());
    }
}
