using System.Xml.Linq;

namespace KeyRecovery.Architecture.Tests;

/// <summary>What a project file says of its references.</summary>
/// <param name="Name">The file's name without its ending.</param>
/// <param name="Folder">Where it lies.</param>
/// <param name="Sdk">The SDK it is built with.</param>
/// <param name="Projects">Projects that it links.</param>
/// <param name="BuiltOnly">Projects that it has built and does not link.</param>
/// <param name="Packages">Packages and frameworks.</param>
/// <param name="AdditionalFiles">Files handed to analyzers.</param>
internal sealed record Project(
    string Name, string Folder, string Sdk, IReadOnlyList<string> Projects, IReadOnlyList<string> BuiltOnly,
    IReadOnlyList<string> Packages, IReadOnlyList<string> AdditionalFiles)
{
    public static Project Read(string path)
    {
        var xml = XDocument.Load(path).Root!;
        var references = xml.Descendants("ProjectReference")
            .ToLookup(IsLinked, e => Path.GetFileNameWithoutExtension(Include(e).Replace('\\', '/')));
        return new Project(
            Path.GetFileNameWithoutExtension(path), Path.GetDirectoryName(path)!, xml.Attribute("Sdk")!.Value,
            [.. references[true].Order()], [.. references[false].Order()],
            [.. xml.Descendants("PackageReference").Concat(xml.Descendants("FrameworkReference")).Select(Include)],
            [.. xml.Descendants("AdditionalFiles").Select(Include)]);
    }

    private static string Include(XElement element) => element.Attribute("Include")?.Value ?? "";

    private static bool IsLinked(XElement reference) =>
        !string.Equals(
            reference.Attribute("ReferenceOutputAssembly")?.Value
                ?? reference.Element("ReferenceOutputAssembly")?.Value, "false",
            StringComparison.OrdinalIgnoreCase);
}
