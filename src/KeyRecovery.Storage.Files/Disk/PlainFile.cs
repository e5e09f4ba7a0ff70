namespace KeyRecovery.Storage.Files.Disk;

/// <summary>
/// A file that somebody else may have put there. A pipe or a device, also behind a link, has no length: whoever asks
/// for it first opens none, which might never come to an end.
/// </summary>
public static class PlainFile
{
    /// <summary>How long it is, in bytes; 0 where it is empty or no plain file; null where there is none.</summary>
    /// <exception cref="IOException">Links lead nowhere, or in a circle.</exception>
    public static long? LengthOf(string path)
    {
        var there = new FileInfo(path);
        if (!there.Exists) return null;
        if (there.ResolveLinkTarget(returnFinalTarget: true) is { } target) there = new FileInfo(target.FullName);
        return there.Exists ? there.Length : null;
    }
}
