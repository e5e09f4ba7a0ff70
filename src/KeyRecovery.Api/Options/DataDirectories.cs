namespace KeyRecovery.Api.Options;

/// <summary>
/// The five places of a server, as absolute paths. They are kept apart so that a copy of one, a backup for example,
/// never holds another: whoever has the data alone has nothing.
/// </summary>
/// <param name="Stores">The data store.</param>
/// <param name="Keys">The key store.</param>
/// <param name="Ring">The KEK ring and its root key; in no backup.</param>
/// <param name="Fence">The list of tombstones, which no restore replaces.</param>
/// <param name="Log">The log's tiles and its checkpoint, which no restore replaces.</param>
internal sealed record DataDirectories(string Stores, string Keys, string Ring, string Fence, string Log)
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public static DataDirectories Of(KeyRecoveryOptions options) => new(
        Place(options, options.Stores.Directory, "stores"),
        Place(options, options.Keys.Directory, "keys"),
        Place(options, options.Ring.Directory, "ring"),
        Place(options, options.Fence.Directory, "fence"),
        Place(options, options.Log.Directory, "log"));

    /// <summary>Each place with the name that its option has.</summary>
    public IReadOnlyList<(string Name, string Path)> Named =>
        [("Stores", Stores), ("Keys", Keys), ("Ring", Ring), ("Fence", Fence), ("Log", Log)];

    /// <summary>Makes what is missing, for the owner alone (0700).</summary>
    public void Create()
    {
        foreach (var (_, path) in Named) CreatePrivate(path);
    }

    /// <summary>Makes one directory for the owner alone (0700), with those around it, unless they are there.</summary>
    public static void CreatePrivate(string path)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } parent && !Directory.Exists(parent)) CreatePrivate(parent);
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, OwnerOnly);
    }

    /// <summary>What is wrong with them, a sentence each.</summary>
    public IEnumerable<string> Findings() => Missing().Concat(OpenToOthers());

    /// <summary>Which of them, and which of the ring's files, other users may read.</summary>
    public IEnumerable<string> OpenToOthers()
    {
        if (OperatingSystem.IsWindows()) yield break;
        foreach (var (name, path) in Named)
        {
            if (Directory.Exists(path) && (File.GetUnixFileMode(path) & ~OwnerOnly) != 0)
                yield return $"KeyRecovery:{name}:Directory is open to other users: {path} (chmod 700)";
        }

        // A socket has no content.
        foreach (var path in Directory.Exists(Ring) ? Directory.GetFiles(Ring) : [])
        {
            if (!path.EndsWith(".sock", StringComparison.Ordinal) && (File.GetUnixFileMode(path) & ~OwnerFile) != 0)
                yield return $"{path} is open to other users: chmod 600, and replace what they may have read (rotate, "
                    + "rotate --root)";
        }
    }

    // Where another is there, this one is lost, or not mounted.
    private IEnumerable<string> Missing()
    {
        var missing = Named.Where(place => !Directory.Exists(place.Path)).ToList();
        var what = missing.Count == Named.Count ? "run init" : "put it back: is its disk mounted?";
        return missing.Select(place => $"KeyRecovery:{place.Name}:Directory does not exist: {place.Path} ({what})");
    }

    /// <summary>Whether one directory is the other or lies in it, symbolic links followed.</summary>
    public static bool Overlap(string first, string second)
    {
        var one = Real(first) + Path.DirectorySeparatorChar;
        var two = Real(second) + Path.DirectorySeparatorChar;
        return one.StartsWith(two, StringComparison.Ordinal) || two.StartsWith(one, StringComparison.Ordinal);
    }

    private static string Place(KeyRecoveryOptions options, string? directory, string folder) =>
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(
            string.IsNullOrWhiteSpace(directory) ? Path.Combine(options.DataDirectory, folder) : directory));

    private static string Real(string path)
    {
        var target = Directory.Exists(path)
            ? Directory.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null;
        if (target is not null) return Path.TrimEndingDirectorySeparator(target);
        var parent = Path.GetDirectoryName(path);
        return parent is null ? path : Path.Join(Real(parent), Path.GetFileName(path));
    }
}
