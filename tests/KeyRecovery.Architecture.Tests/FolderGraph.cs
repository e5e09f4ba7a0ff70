using System.Text.RegularExpressions;

namespace KeyRecovery.Architecture.Tests;

/// <summary>
/// Which folders of a project use which. A folder uses another whose namespace a file of it opens (an unneeded
/// <c>using</c> does not build), and one whose types it names without: one around it, or one that declares them in
/// another namespace than its own, where all folders see them. "." is the project's own folder.
/// </summary>
internal sealed partial class FolderGraph
{
    private readonly Dictionary<string, HashSet<string>> _uses = [];

    public FolderGraph(string project, IReadOnlyDictionary<string, string> files)
    {
        var folders = files.Keys.Select(FolderOf).ToHashSet();
        var types = files.GroupBy(file => FolderOf(file.Key)).ToDictionary(
            group => group.Key, group => group.SelectMany(file => TypesOf(file.Value)).ToHashSet());
        var seenByAll = files.Where(file => !IsNamedAsItLies(project, file.Key, file.Value))
            .SelectMany(file => TypesOf(file.Value).Select(type => (Type: type, Folder: FolderOf(file.Key))))
            // A partial class stands in several files of its folder.
            .Distinct().ToDictionary(type => type.Type, type => type.Folder);
        foreach (var folder in folders) _uses[folder] = [];
        foreach (var (file, text) in files)
        {
            var folder = FolderOf(file);
            foreach (Match match in Using().Matches(text))
            {
                var name = match.Groups[1].Value;
                if (!name.StartsWith(project + ".", StringComparison.Ordinal)) continue;
                // An alias or a static one names a type in the folder.
                var opened = name[(project.Length + 1)..].Replace('.', '/');
                while (opened.Length > 0 && !folders.Contains(opened))
                    opened = opened.Contains('/', StringComparison.Ordinal) ? opened[..opened.LastIndexOf('/')] : "";
                if (opened.Length > 0) _uses[folder].Add(opened);
            }

            var code = Comment().Replace(text, "");
            var words = Word().Matches(code).Select(match => match.Value).ToHashSet();
            // A member may have a type's name: an enum's, a constant, a property, whatever stands behind a dot.
            foreach (Match word in Unqualified().Matches(Member().Replace(code, "")))
                if (seenByAll.TryGetValue(word.Value, out var theirFolder)) _uses[folder].Add(theirFolder);
            for (var around = folder; around != ".";)
            {
                around = around.Contains('/', StringComparison.Ordinal) ? around[..around.LastIndexOf('/')] : ".";
                if (types.TryGetValue(around, out var theirs) && theirs.Overlaps(words)) _uses[folder].Add(around);
            }
        }

        foreach (var (folder, used) in _uses) used.Remove(folder);
        Circles = [.. _uses.Keys.Select(RoundTrip).Where(circle => circle.Count > 1)
            .DistinctBy(circle => string.Join(' ', circle))];
    }

    public static FolderGraph Of(Project project)
    {
        var root = Path.GetRelativePath(Repository.Root, project.Folder).Replace('\\', '/');
        return new FolderGraph(project.Name, Repository.Files(root).ToDictionary(
            file => file[(root.Length + 1)..], file => string.Join('\n', Repository.Lines(file))));
    }

    /// <summary>Folders of which each leads to each, sorted.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Circles { get; }

    /// <summary>Two folders that use each other: the shortest circles.</summary>
    public IEnumerable<string> Pairs => _uses.Keys.Order(StringComparer.Ordinal).SelectMany(folder => Uses(folder)
        .Where(other => string.CompareOrdinal(folder, other) < 0 && _uses[other].Contains(folder))
        .Select(other => $"{folder} ↔ {other}"));

    /// <summary>From the lowest: each folder uses only folders of the floors below it, or of its own circle.</summary>
    public IEnumerable<IReadOnlyList<string>> Floors => _uses.Keys.GroupBy(Height).OrderBy(floor => floor.Key)
        .Select(floor => floor.Order(StringComparer.Ordinal).ToList());

    public IEnumerable<string> Uses(string folder) => _uses[folder].Order(StringComparer.Ordinal);

    private List<string> RoundTrip(string folder) =>
        [.. Reached(folder).Where(other => Reached(other).Contains(folder)).Append(folder).Distinct()
            .Order(StringComparer.Ordinal)];

    private HashSet<string> Reached(string folder)
    {
        var reached = new HashSet<string>();
        var open = new Stack<string>(_uses[folder]);
        while (open.TryPop(out var next))
            if (reached.Add(next)) foreach (var further in _uses[next]) open.Push(further);
        return reached;
    }

    private int Height(string folder)
    {
        var own = RoundTrip(folder);
        return own.SelectMany(member => _uses[member]).Except(own).Select(below => Height(below) + 1)
            .DefaultIfEmpty(0).Max();
    }

    private static IEnumerable<string> TypesOf(string text) =>
        TypeLine().Matches(text).Select(match => match.Groups[1].Value);

    private static bool IsNamedAsItLies(string project, string file, string text) =>
        Namespace().Match(text) is not { Success: true } declared
            || declared.Groups[1].Value == (FolderOf(file) == "."
                ? project : $"{project}/{FolderOf(file)}".Replace('/', '.'));

    private static string FolderOf(string file) =>
        file.Contains('/', StringComparison.Ordinal) ? file[..file.LastIndexOf('/')] : ".";

    [GeneratedRegex(@"^using (?:static )?(?:\w+ = )?([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex(
        @"^(?:public|internal) (?:[a-z]+ )*"
        + @"(?:class|record struct|record class|record|struct|interface|enum|delegate \S+) (\w+)",
        RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"//[^\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();

    [GeneratedRegex(@"(?<![\w.])\w+")]
    private static partial Regex Unqualified();

    [GeneratedRegex(
        @"^[ \t]*\w+(?: = [\w.<> ]+)?,?[ \t]*$|(?<=\bconst [\w.]+ )\w+|\w+(?= \{ get)", RegexOptions.Multiline)]
    private static partial Regex Member();
}
