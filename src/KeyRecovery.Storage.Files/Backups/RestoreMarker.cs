using System.Text;
using KeyRecovery.Storage.Files.Disk;

namespace KeyRecovery.Storage.Files.Backups;

/// <summary>
/// A restore that was begun: a file <c>restore</c> in the data store's folder. While it is there nobody is served, and
/// a crash anywhere only delays the restore, which is run again.
/// </summary>
/// <param name="Set">The set's id in hexadecimal.</param>
/// <param name="Part"><c>data</c>, <c>keys</c> or <c>all</c>.</param>
/// <param name="State">How far it is.</param>
public sealed record RestoreMarker(string Set, string Part, RestoreState State)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "restore";

    /// <summary>Where it lies.</summary>
    public static string PathIn(string dataFolder) => Path.Combine(Path.GetFullPath(dataFolder), FileName);

    /// <summary>The marker of a folder, or null where no restore is under way.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static RestoreMarker? Read(string dataFolder)
    {
        var path = PathIn(dataFolder);
        if (!File.Exists(path)) return null;
        return File.ReadAllText(path).TrimEnd('\n')
            .Split(' ') is [var set, var part, var word] && Enum.TryParse<RestoreState>(word, out var state)
            ? new RestoreMarker(set, part, state)
            : throw new IOException($"{path} is no marker of a restore");
    }

    /// <summary>Writes it, durable on return.</summary>
    public void Write(string dataFolder) =>
        AtomicFile.Write(PathIn(dataFolder), Encoding.ASCII.GetBytes(ToText() + '\n'));

    /// <summary>The three, separated by spaces.</summary>
    public string ToText() => $"{Set} {Part} {State}";

    /// <summary>Says that the restore has ended.</summary>
    public static void Remove(string dataFolder)
    {
        File.Delete(PathIn(dataFolder));
        FolderSync.Flush(Path.GetFullPath(dataFolder));
    }
}
