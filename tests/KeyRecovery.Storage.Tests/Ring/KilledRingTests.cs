using System.Security.Cryptography;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Maintenance;
using KeyRecovery.Service.Rotation;
using KeyRecovery.Storage.Files.Ring;
using KeyRecovery.Storage.Sqlite;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Ring;

/// <summary>SIGKILL in the middle of changing KEKs and root keys without end: it opens, and goes on.</summary>
public sealed class KilledRingTests
{
    private const int Kills = 60;

    [Fact]
    [Trait("Category", "Long")]
    public async Task Sixty_kills_leave_a_ring_that_opens_with_one_current_KEK_and_the_same_secrets()
    {
        using var folder = new StoreFolder();
        var seen = new HashSet<string>();
        byte[]? secrets = null;
        // More of them where all fell into one state.
        for (var kill = 0; kill < Kills || (seen.Count == 1 && kill < 4 * Kills); kill++)
        {
            using (var child = Child.Start("rotate", folder.Root))
            {
                Assert.Equal("rotating", await child.ReadLineAsync());
                await Task.Delay(RandomNumberGenerator.GetInt32(0, 60));
                await child.KillAsync();
            }

            var ringFolder = Path.Combine(folder.Root, "ring");
            var hadNext = File.Exists(Path.Combine(ringFolder, FileRootKey.NextFileName));
            await using var pair = await folder.OpenAsync();
            using var root = FileRootKey.Open(ringFolder, SystemRandom.Instance, mayCreate: false);
            using var ring = FileKekRing.Open(
                ringFolder, root, SystemRandom.Instance, TimeProvider.System, mayCreate: false);
            Assert.Single(ring.Standings, kek => kek.State == KekState.Current);
            Assert.All(
                ring.Standings, kek => Assert.Equal(kek.State != KekState.Destroyed, ring.TryGet(kek.Id, out _)));
            seen.Add(
                string.Concat(ring.Standings.Select(kek => kek.State).Where(state => state != KekState.Destroyed)
                    .Order()) + hadNext);

            using var loaded = await ServerSecrets.LoadOrCreateAsync(pair.Keys, root, SystemRandom.Instance, default);
            secrets ??= loaded.RealmSeed.ToArray();
            Assert.Equal(secrets, loaded.RealmSeed.ToArray());
            if (!hadNext || kill % 2 == 0) continue;
            using var rotation = new RootKeyRotation(pair.Keys, root, [ring]);
            Assert.IsType<RingResult.Done>(await rotation.RunAsync(default));
        }

        Assert.True(seen.Count > 1, "the kills met more than one state");
    }

    /// <summary>What the child does until it is killed.</summary>
    internal static async Task RotateForeverAsync(SqliteStorePair pair, string folder, Action<string> say)
    {
        var isFirst = !await ServerSecrets.ExistAsync(pair.Keys, default);
        using var root = FileRootKey.Open(folder, SystemRandom.Instance, isFirst);
        using var ring = FileKekRing.Open(folder, root, SystemRandom.Instance, TimeProvider.System, isFirst);
        using var secrets = await ServerSecrets.LoadOrCreateAsync(pair.Keys, root, SystemRandom.Instance, default);
        using var rotation = new RootKeyRotation(pair.Keys, root, [ring]);
        say("rotating");
        while (true)
        {
            Require(await ring.AddNextAsync(default));
            Require(await ring.PromoteAsync(default));
            foreach (var kek in ring.Standings.Where(kek => kek.State == KekState.Retiring))
                Require(await ring.DestroyAsync(kek.Id, default));
            Require(await rotation.RunAsync(default));
        }
    }

    private static void Require(RingResult result)
    {
        if (result is RingResult.Refused refused) throw new InvalidOperationException(refused.Reason, refused.Cause);
    }
}
