using System.Text.Json;

namespace KeyRecovery.Protocol.Tests.Vectors;

/// <summary>Figures that stand beside the tests, published or golden, with their source in the file.</summary>
internal static class VectorFile
{
    public static JsonElement Read(string name, string folder = "Vectors")
    {
        var path = Path.Combine(AppContext.BaseDirectory, folder, name);
        return JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;
    }

    /// <summary>
    /// The file of the same name in a vectors folder shared by projects, where a checkout has one beside it.
    /// </summary>
    public static JsonElement? ReadShared(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "shared", "vectors", name);
            if (File.Exists(path)) return JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;
        }

        return null;
    }

    public static byte[] Hex(this JsonElement element, string property) =>
        Convert.FromHexString(element.GetProperty(property).GetString()!);
}
