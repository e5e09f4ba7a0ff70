using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace KeyRecovery.WayOfAPut;

/// <summary>The files in which methods stand, by the debug information beside their assemblies.</summary>
internal static class RanFiles
{
    /// <summary>
    /// The files under <c>src</c> of which a method of its own ran: not constructors, properties and operators, and
    /// nothing that a compiler writes.
    /// </summary>
    /// <param name="told">Lines of an assembly's path and a method's row in its metadata.</param>
    public static HashSet<string> Of(IEnumerable<string> told) => told.Select(line => line.Split('\t'))
        .GroupBy(method => method[0], method => int.Parse(method[1]))
        .SelectMany(methods => Of(methods.Key, methods.ToHashSet())).ToHashSet();

    private static List<string> Of(string assembly, HashSet<int> rows)
    {
        using var code = new PEReader(File.OpenRead(assembly));
        using var symbols = MetadataReaderProvider.FromPortablePdbStream(
            File.OpenRead(Path.ChangeExtension(assembly, ".pdb")));
        var (metadata, debug) = (code.GetMetadataReader(), symbols.GetMetadataReader());
        var files = new List<string>();
        foreach (var handle in debug.MethodDebugInformation)
        {
            var information = debug.GetMethodDebugInformation(handle);
            // What awaits stands in a method that the compiler made of it.
            var method = information.GetStateMachineKickoffMethod();
            if (method.IsNil) method = handle.ToDefinitionHandle();
            if (!rows.Contains(MetadataTokens.GetRowNumber(method)) || information.Document.IsNil) continue;
            if (metadata.GetMethodDefinition(method).Attributes.HasFlag(MethodAttributes.SpecialName)) continue;
            var path = debug.GetString(debug.GetDocument(information.Document).Name).Replace('\\', '/');
            var at = path.LastIndexOf("/src/KeyRecovery.", StringComparison.Ordinal);
            if (at >= 0 && !path.Contains("/obj/", StringComparison.Ordinal)) files.Add(path[(at + 1)..]);
        }

        return files;
    }
}
