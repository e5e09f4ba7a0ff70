using System.Diagnostics.CodeAnalysis;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Keys;
using KeyRecovery.Storage.Sqlite.Files;

namespace KeyRecovery.Storage.Sqlite.Ring;

/// <summary>
/// The KEK ring in a file: <c>kek-ring</c>, mode 0600, sealed under the root key beside which it lies, replaced as a
/// whole. It is durable before a KEK of it is used.
/// </summary>
public sealed class FileKekRing : IKekRing, IDisposable
{
    /// <summary>The file's name.</summary>
    public const string FileName = "kek-ring";

    private const int MaxFileSize = 1 << 20;

    private readonly Dictionary<KekId, Kek> _keks;

    private FileKekRing(IEnumerable<KekEntry> entries, string path)
    {
        _keks = entries.Where(entry => entry.Key is not null)
            .ToDictionary(entry => entry.Id, entry => new Kek(entry.Id, entry.State, entry.Key!));
        Current = _keks.Values.SingleOrDefault(kek => kek.State == KekState.Current)
            ?? throw Throw.Damaged(path, "no KEK is current");
    }

    /// <inheritdoc/>
    public Kek Current { get; }

    /// <summary>Reads the ring, or makes one with a first KEK.</summary>
    /// <param name="folder">The ring's folder, made with mode 0700.</param>
    /// <param name="root">The key it is sealed under.</param>
    /// <param name="random">Where the first KEK comes from.</param>
    /// <param name="time">Tells the hour a KEK becomes current.</param>
    /// <param name="mayCreate">True only while nothing depends on it: no secrets in the key store.</param>
    /// <exception cref="KekRingException">
    /// The ring is missing though something depends on it, does not open under this root key, or is damaged, newer or
    /// unreadable.
    /// </exception>
    public static FileKekRing Open(string folder, IRootKey root, IRandom random, TimeProvider time, bool mayCreate)
    {
        var path = Path.Combine(Path.GetFullPath(folder), FileName);
        try
        {
            if (File.Exists(path)) PrivateFiles.Restrict(path);
            else if (mayCreate) Create(path, root, random, time);
            else throw Throw.Missing(path);
            // What was just made is read back as well: it must open before anything is wrapped under it.
            return Load(path, root);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Throw.Io(path, e);
        }
    }

    /// <inheritdoc/>
    public bool TryGet(KekId id, [NotNullWhen(true)] out Kek? kek) => _keks.TryGetValue(id, out kek);

    /// <summary>Zeroes the keys.</summary>
    public void Dispose()
    {
        foreach (var kek in _keks.Values) kek.Dispose();
    }

    private static void Create(string path, IRootKey root, IRandom random, TimeProvider time)
    {
        using var first = SecretBytes.Random(Kek.Size, random);
        var hour = time.GetUtcNow().ToUnixTimeSeconds() / 3600;
        PrivateFiles.MakeFolder(Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, KekRingFormat.Write([new KekEntry(new KekId(1), KekState.Current, hour, first)], root));
    }

    private static FileKekRing Load(string path, IRootKey root)
    {
        if (new FileInfo(path).Length > MaxFileSize) throw Throw.Damaged(path, "it is too large");
        var entries = KekRingFormat.Read(File.ReadAllBytes(path), root, path);
        if (entries.DistinctBy(entry => entry.Id).Count() != entries.Count) throw Throw.Damaged(path, "an id stands there twice");
        if (entries.Count(entry => entry.State == KekState.Current) > 1) throw Throw.Damaged(path, "more than one KEK is current");
        return new FileKekRing(entries, path);
    }
}
