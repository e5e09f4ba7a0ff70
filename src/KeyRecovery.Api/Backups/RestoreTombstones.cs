using System.Security.Cryptography;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Backups;
using KeyRecovery.Storage.Sqlite.Backups;
using KeyRecovery.Storage.Sqlite.Fence;

namespace KeyRecovery.Api.Backups;

/// <summary>
/// Whether the list of tombstones is there with which an older key store is corrected: it must begin as it did when the set
/// was made. With an older list, whoever was erased since would be back.
/// </summary>
internal static class RestoreTombstones
{
    private const int LineSize = 2 * Hash256.Size + 1;

    /// <summary>Why a key store cannot be restored, or null.</summary>
    public static string? Check(string fence, BackupFolder folder, BackupSet set, bool old)
    {
        var list = Path.Combine(fence, TombstoneFile.FileName);
        if (File.Exists(list) && BeginsWith(list, set.Tombstones)) return null;
        if (!old)
        {
            return $"{list} is missing or not the newest: put its newest copy there. If there is none, --old-tombstones takes the set's own list, "
                + "and everybody who was erased since the set was made is back";
        }

        if (!File.Exists(folder.TombstonesFile) || !BeginsWith(folder.TombstonesFile, set.Tombstones)) return $"{folder.TombstonesFile} is not what was written";
        File.Copy(folder.TombstonesFile, list, overwrite: true);
        return null;
    }

    private static bool BeginsWith(string path, FileSum expected)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var length = (long)expected.Size * LineSize;
        if (file.Length < length) return false;
        var beginning = new byte[length];
        file.ReadExactly(beginning);
        return new Hash256(SHA256.HashData(beginning)) == expected.Hash;
    }
}
