using System.Globalization;
using System.Net.Http.Headers;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Http;

/// <summary>Reads the header <c>Erasure-Due-In</c> (docs/protocol.md §15.2).</summary>
internal static class ErasureDueIn
{
    /// <summary>
    /// How long a held erasure still waits; null where the server names none, or writes it in any other way.
    /// </summary>
    public static TimeSpan? Of(HttpResponseHeaders headers)
    {
        if (!headers.TryGetValues(HeaderNames.ErasureDueIn, out var values) || values.ToArray() is not [var text])
            return null;
        // A uint is seven weeks, the longest hold is thirty days.
        return uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            ? TimeSpan.FromMilliseconds(milliseconds) : null;
    }
}
