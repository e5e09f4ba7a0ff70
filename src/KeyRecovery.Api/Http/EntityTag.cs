using Microsoft.Extensions.Primitives;

namespace KeyRecovery.Api.Http;

/// <summary>The vault's entity tag (RFC 9110 §8.8.3): the manifest's hash, quoted.</summary>
internal static class EntityTag
{
    public static string Of(Hash256 manifest) => $"\"{manifest}\"";

    /// <summary>Whether <c>If-None-Match</c> (§13.1.2) names the tag, compared weakly.</summary>
    public static bool IsNamed(StringValues ifNoneMatch, string tag)
    {
        foreach (var field in ifNoneMatch)
        {
            foreach (var part in field.AsSpan().Split(','))
            {
                var named = field.AsSpan()[part].Trim();
                if (named.StartsWith("W/", StringComparison.Ordinal)) named = named[2..];
                if (named.SequenceEqual(tag) || named is "*") return true;
            }
        }

        return false;
    }
}
