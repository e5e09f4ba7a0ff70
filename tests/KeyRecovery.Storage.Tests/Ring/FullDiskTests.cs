using KeyRecovery.Service.Keys;
using KeyRecovery.Storage.Files.Ring;
using KeyRecovery.Storage.Tests.Support;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Storage.Tests.Ring;

/// <summary>No room for a ring or a root key: refused, and done when there is.</summary>
public sealed class FullDiskTests
{
    [NeedsFact(Need.Mounting)]
    public async Task Nothing_is_lost_and_nothing_is_done_where_there_is_no_room()
    {
        var disk = Directory.CreateTempSubdirectory("keyrecovery-full-").FullName;
        Assert.Null(Shell.Try("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk));
        try
        {
            using var root = FileRootKey.Open(disk, SystemRandom.Instance, mayCreate: true);
            using var ring = FileKekRing.Open(disk, root, SystemRandom.Instance, TimeProvider.System, mayCreate: true);
            Assert.IsType<RingResult.Done>(await ring.AddNextAsync(default));
            Assert.IsType<RingResult.Done>(await ring.PromoteAsync(default));
            var filler = Path.Combine(disk, "filler");
            Assert.NotNull(Shell.Try("dd", "if=/dev/zero", $"of={filler}", "bs=4096", "status=none"));

            Assert.IsType<RingResult.Refused>(await ring.DestroyAsync(new KekId(1), default));
            Assert.IsType<RingResult.Refused>(root.AddNext());
            Assert.False(root.IsRotating);
            Assert.Equal(KekState.Retiring, ring.StateOf(new KekId(1)));
            using (var again = FileKekRing.Open(
                disk, root, SystemRandom.Instance, TimeProvider.System, mayCreate: false))
                Assert.Equal(ring.Standings.ToList(), again.Standings.ToList());
            Assert.Equal(["filler", "kek-ring", "root.key"], Directory.GetFiles(disk).Select(Path.GetFileName).Order());

            File.Delete(filler);
            Assert.IsType<RingResult.Done>(await ring.DestroyAsync(new KekId(1), default));
            Assert.IsType<RingResult.Done>(root.AddNext());
        }
        finally
        {
            Shell.Try("umount", "-l", disk);
            Directory.Delete(disk);
        }
    }
}
