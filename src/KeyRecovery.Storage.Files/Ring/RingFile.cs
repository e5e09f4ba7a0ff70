using KeyRecovery.Service.Keys;
using KeyRecovery.Storage.Files.Disk;

namespace KeyRecovery.Storage.Files.Ring;

/// <summary>The ring's file: read, replaced as a whole, and searched for what must not be in it any more.</summary>
internal sealed class RingFile(string path, IRootKey root)
{
    private const int MaxSize = 1 << 20;

    public string Path => path;

    /// <exception cref="KekRingException">It does not open under the root key, or is no ring.</exception>
    public RingContent Read() => Read(path);

    /// <summary>Writes the first ring.</summary>
    public void Create(RingContent content)
    {
        PrivateFiles.MakeFolder(System.IO.Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, KekRingFormat.Write(content.Entries, root));
    }

    /// <summary>Replaces the ring and reads it back: what is on the disk must be what was meant.</summary>
    public RingResult Replace(RingContent content)
    {
        try
        {
            AtomicFile.Replace(path, KekRingFormat.Write(content.Entries, root));
            var found = Read();
            var same = found.IsSame(content);
            found.Zero();
            return same ? new RingResult.Done() : new RingResult.Refused($"{path} is not what was written", null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or KekRingException)
        {
            return new RingResult.Refused($"{path} cannot be replaced: {e.Message}", e);
        }
    }

    /// <summary>
    /// Who of the ring's folder holds <paramref name="key"/>; null where nobody does. A copy that somebody made beside
    /// the ring opens what a destroyed KEK had wrapped.
    /// </summary>
    /// <param name="key">A KEK.</param>
    /// <param name="besides">Whether to look only beside the ring's own file.</param>
    public string? FindHolder(SecretBytes key, bool besides)
    {
        foreach (var file in Directory.EnumerateFiles(System.IO.Path.GetDirectoryName(path)!))
        {
            if (file == path ? besides : !LooksLikeRing(file)) continue;
            try
            {
                var content = Read(file);
                var holds = content.Holds(key);
                content.Zero();
                if (holds) return $"{file} still holds it";
            }
            catch (KekRingException) when (file != path)
            {
                // Another root key's, or cut off: whatever it is, it does not open.
            }
        }

        return null;
    }

    private RingContent Read(string file)
    {
        if (new FileInfo(file).Length > MaxSize) throw Throw.Damaged(file, "it is too large");
        return RingContent.Of(KekRingFormat.Read(File.ReadAllBytes(file), root, file), file);
    }

    private static bool LooksLikeRing(string file)
    {
        // A socket for example, which cannot be opened as a file.
        if (new FileInfo(file).Length < KekRingFormat.Magic.Length) return false;
        using var stream = new FileStream(
            file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        Span<byte> start = stackalloc byte[KekRingFormat.Magic.Length];
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length
            && start.SequenceEqual(KekRingFormat.Magic);
    }
}
