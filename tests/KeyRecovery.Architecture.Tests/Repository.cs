namespace KeyRecovery.Architecture.Tests;

/// <summary>The checkout that these tests were built in.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Source => Path.Combine(Root, "src");

    public static IReadOnlyList<Project> Projects { get; } =
        [.. Directory.GetFiles(Source, "*.csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(Project.Read)];

    /// <summary>Every C# file of a folder that somebody wrote, relative to the root.</summary>
    public static IReadOnlyList<string> Files(string folder) =>
    [
        .. Directory.GetFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(part => part is "obj" or "bin"))
            .Order(StringComparer.Ordinal),
    ];

    public static string[] Lines(string file) => File.ReadAllLines(Path.Combine(Root, file));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "KeyRecovery.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("not inside a checkout");
        return folder.FullName;
    }
}
