using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Backups;
using KeyRecovery.Storage.Files.Disk;

namespace KeyRecovery.Storage.Files.Backups;

/// <summary>
/// Where the escrows of backup sets lie, apart from the sets: <c>ID.escrow</c>, mode 0600, gone when the set has
/// expired.
/// </summary>
/// <param name="folder">Made with mode 0700 when it is first needed.</param>
public sealed class EscrowFolder(string folder)
{
    /// <summary>What an escrow's name ends with.</summary>
    public const string Extension = ".escrow";

    private readonly string _folder = Path.GetFullPath(folder);

    /// <summary>
    /// A file that says that this is the directory, and not the empty place at which it should be mounted.
    /// </summary>
    public string Mark => Path.Combine(_folder, ".keyrecovery-escrows");

    /// <summary>The directory.</summary>
    public string Location => _folder;

    /// <summary>Whether the directory is the one in which escrows were written before.</summary>
    public bool IsThere => File.Exists(Mark);

    /// <summary>Where the escrow of a set lies.</summary>
    public string PathOf(BackupSetId set) => Path.Combine(_folder, set + Extension);

    /// <summary>Writes an escrow, whole and durable on return.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(BackupSetId set, ReadOnlySpan<byte> escrow)
    {
        Prepare();
        AtomicFile.Write(PathOf(set), escrow);
    }

    /// <summary>
    /// Makes the directory the one in which escrows are written. To be done before a set is listed for which there will
    /// be one.
    /// </summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Prepare()
    {
        PrivateFiles.MakeFolder(_folder);
        PrivateFiles.Touch(Mark);
    }

    /// <summary>Whether the escrow of a set is gone: a directory that is not there tells nothing.</summary>
    public bool IsGone(BackupSetId set) => IsThere && !File.Exists(PathOf(set));

    /// <summary>The escrows that lie there, unopened. What is none is left out.</summary>
    public IEnumerable<Escrow> Find()
    {
        if (!Directory.Exists(_folder)) yield break;
        foreach (var path in Directory.EnumerateFiles(_folder, "*" + Extension))
            if (new FileInfo(path).Length <= Escrow.MaxSize && Read(path) is { } escrow) yield return escrow;
    }

    /// <summary>
    /// Overwrites and deletes an escrow; true as well where there is none, and false where the directory is not there.
    /// </summary>
    public bool TryDestroy(BackupSetId set)
    {
        try
        {
            AtomicFile.Destroy(PathOf(set));
            return IsThere;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static Escrow? Read(string path)
    {
        try
        {
            return Escrow.Decode(File.ReadAllBytes(path));
        }
        catch (WireFormatException)
        {
            return null;
        }
    }
}
