using System.Buffers;

namespace KeyRecovery.Api.Http;

/// <summary>The place in a JSON body where reading stopped, as the name of a field.</summary>
internal static class JsonPath
{
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.[]");

    /// <summary>
    /// The path without its root; null for the root itself, and for names that no format of ours has.
    /// </summary>
    public static string? Field(string? path)
    {
        if (path is null || !path.StartsWith("$.", StringComparison.Ordinal) || path.Length > 66) return null;
        var field = path[2..];
        return field.AsSpan().ContainsAnyExcept(Plain) ? null : field;
    }
}
