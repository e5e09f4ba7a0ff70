using System.Security.Cryptography;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Backups;
using KeyRecovery.Storage.Files.Backups;
using KeyRecovery.Storage.Files.Fence;

namespace KeyRecovery.Api.Backups;

/// <summary>
/// Whether the list of tombstones is there with which an older key store is corrected: it must begin as it did when the
/// set was made. With an older list, whoever was erased since would be back.
/// </summary>
internal static class RestoreTombstones
{
    /// <summary>Why a key store cannot be restored, or null.</summary>
    public static string? Check(string fence, BackupSet set, bool old)
    {
        if (old || IsThere(fence, set)) return null;
        return $"{PathIn(fence)} is missing, not the newest, or another server's: put the newest copy of its "
            + "folder there. If there is none, --old-tombstones takes the set's own list, and everybody who was erased "
            + "since the set was made is back";
    }

    /// <summary>
    /// Puts the set's own list before what is there, where that is not the newest: what it knows beside it must not be
    /// lost.
    /// </summary>
    public static void Take(string fence, BackupFolder folder, BackupSet set)
    {
        if (IsThere(fence, set)) return;
        using var list = new TombstoneFile(fence);
        using var older = folder.OpenTombstones(set);
        list.BeginWith(older);
    }

    private static string PathIn(string fence) => Path.Combine(fence, TombstoneFile.FileName);

    private static bool IsThere(string fence, BackupSet set)
    {
        if (!File.Exists(PathIn(fence)) || !BeginsWith(PathIn(fence), set.Tombstones)) return false;
        if (set.Tombstones.Size > 0) return true;
        // Every list begins with nothing, one that was made a moment ago as well: the list of sets beside it tells.
        using var sets = new BackupSetList(fence, null, TimeProvider.System);
        return sets.Knows(set.Id);
    }

    private static bool BeginsWith(string path, FileSum expected)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var length = (long)expected.Size * BackupSet.TombstoneSize;
        if (file.Length < length) return false;
        var beginning = new byte[length];
        file.ReadExactly(beginning);
        return new Hash256(SHA256.HashData(beginning)) == expected.Hash;
    }
}
