using KeyRecovery.Storage.Files.Disk;

namespace KeyRecovery.Storage.Sqlite.Connections;

/// <summary>
/// The rollback journal of a commit that touches keys: it has pages as they were before, and SQLite deletes it without
/// overwriting it. A second name keeps its blocks until they are overwritten; behind a crash it stands there still, and
/// the next opening does it. (What a file system keeps elsewhere is beyond a program's reach: docs/threat-model.md.)
/// </summary>
internal sealed class HeldJournal(string path) : IDisposable
{
    public const string Suffix = "-journal-held";

    private FileStream? _blocks;

    public static string PathOf(string path) => path + Suffix;

    /// <summary>Overwrites what a crash left, once <paramref name="playBack"/> has played a journal back.</summary>
    public static void Finish(string path, Action playBack)
    {
        if (!File.Exists(PathOf(path))) return;
        playBack();
        // Still there: it is not played back, and must not be harmed.
        if (!File.Exists(JournalOf(path))) AtomicFile.Destroy(PathOf(path));
    }

    /// <summary>Takes hold of the journal, where there is one, before the commit deletes it.</summary>
    public void Hold()
    {
        if (_blocks is not null || !File.Exists(JournalOf(path))) return;
        // Where there are no second names the blocks are held by what is open alone, for as long as the process lives.
        HardLinks.TryMake(JournalOf(path), PathOf(path));
        _blocks = PrivateFiles.Open(JournalOf(path), FileMode.Open, FileShare.ReadWrite | FileShare.Delete);
    }

    /// <summary>Overwrites and lets go. A journal that is still needed is left to the next opening.</summary>
    public void Dispose()
    {
        using var blocks = _blocks;
        _blocks = null;
        if (blocks is null || File.Exists(JournalOf(path))) return;
        AtomicFile.Overwrite(blocks);
        File.Delete(PathOf(path));
    }

    private static string JournalOf(string path) => path + "-journal";
}
