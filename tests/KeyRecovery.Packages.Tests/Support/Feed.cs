using System.IO.Compression;
using System.Reflection;

namespace KeyRecovery.Packages.Tests.Support;

/// <summary>
/// The packages, as <c>.ci/pack</c> makes them: in the folder that <c>KEYRECOVERY_FEED</c> names, or made once, when a
/// test asks.
/// </summary>
public sealed class Feed : IDisposable
{
    private readonly DirectoryInfo _own = Directory.CreateTempSubdirectory("keyrecovery-feed-");
    private readonly Lazy<Task<string>> _packed;

    /// <summary>Makes nothing yet.</summary>
    public Feed() => _packed = new(async () =>
    {
        if (Environment.GetEnvironmentVariable("KEYRECOVERY_FEED") is { Length: > 0 } given)
            return given;
        var folder = Path.Combine(_own.FullName, "feed");
        (await Command.RunAsync(_own.FullName, Path.Combine(Repository, ".ci/pack"), folder)).Succeeded();
        return folder;
    });

    /// <summary>The repository's folder.</summary>
    public static string Repository { get; } = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory,
        typeof(Feed).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .First(a => a.Key == "RepositoryPath").Value!));

    /// <summary>The folder of the packages.</summary>
    public Task<string> FolderAsync() => _packed.Value;

    /// <summary>A new empty folder, which goes with the feed.</summary>
    public string NewFolder() =>
        Directory.CreateDirectory(Path.Combine(_own.FullName, Path.GetRandomFileName())).FullName;

    /// <summary>A package by its id, open.</summary>
    public async Task<ZipArchive> OpenAsync(string id)
    {
        var names = Directory.GetFiles(await FolderAsync(), "*.nupkg");
        return ZipFile.OpenRead(Assert.Single(
            names, name => Path.GetFileName(name) is var file && file.StartsWith(id + ".", StringComparison.Ordinal)
                && char.IsAsciiDigit(file[id.Length + 1])));
    }

    /// <inheritdoc/>
    public void Dispose() => _own.Delete(recursive: true);
}
