using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Http;

/// <summary>What came back for a request.</summary>
internal abstract record Answer
{
    private Answer() { }

    /// <summary>
    /// Reads the JSON of a success. Nothing that it says is verified. What is not as the protocol has it is nobody's
    /// lie: something between may have sent it, or another server.
    /// </summary>
    public Result<T> Read<T>(JsonTypeInfo<T> type) where T : class
    {
        if (this is not Success success) return Failures.Of(this);
        try
        {
            if (!HasNullElement(success.Body) && JsonSerializer.Deserialize(success.Body, type) is { } value)
                return value;
        }
        catch (JsonException)
        {
            // Told below, with every other answer that is not what the protocol says.
        }
        return Failures.Of(this);
    }

    // The serialiser's own check of what may be null ends before the elements of a list.
    private static bool HasNullElement(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        var isList = new Stack<bool>();
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray or JsonTokenType.StartObject:
                    isList.Push(reader.TokenType == JsonTokenType.StartArray);
                    break;
                case JsonTokenType.EndArray or JsonTokenType.EndObject:
                    isList.Pop();
                    break;
                case JsonTokenType.Null when isList.TryPeek(out var inList) && inList:
                    return true;
            }
        }

        return false;
    }

    /// <summary>A 2xx or 304.</summary>
    public sealed record Success(HttpStatusCode Status, byte[] Body) : Answer
    {
        /// <summary>What the body is said to be; null where nothing is said.</summary>
        public string? MediaType { get; init; }

        /// <summary>
        /// Whether it is to be read as CBOR: what says that it is something else, or is nothing, something between has
        /// sent, and nobody has lied.
        /// </summary>
        public bool IsCbor => MediaType is null ? Body.Length > 0 : MediaType == ApiRequest.Cbor;

        /// <summary>Where the other side of a link session claimed it from, or null: the server's word.</summary>
        public IPNetwork? PeerNetwork { get; init; }

        /// <summary>How long a held erasure of the account still waits, or null: the server's word.</summary>
        public TimeSpan? ErasureDueIn { get; init; }
    }

    /// <summary>A problem.</summary>
    public sealed record Problem(HttpStatusCode Status, ProblemJson Details) : Answer
    {
        /// <summary>In place of a type: what answered does not speak the protocol.</summary>
        public const string Unknown = "unknown";

        /// <summary>
        /// Whether an attempt before this one got no answer, or none that decides: that one may have been done.
        /// </summary>
        public bool IsAfterSilence { get; init; }

        /// <summary>Whether it is a page, or leads to one: of something between, a network's log-in perhaps.</summary>
        public bool IsPage { get; init; }

        /// <summary>The slug of the problem's type.</summary>
        public string Type =>
            Details.Type is { } type && type.StartsWith(ProblemTypes.Prefix, StringComparison.Ordinal)
                ? type[ProblemTypes.Prefix.Length..]
                : Unknown;
    }

    /// <summary>No answer at all.</summary>
    public sealed record Unreachable(string Reason, NetworkCause Cause) : Answer;
}

/// <summary>
/// Reads what the headers of an answer say; null where they say nothing, or write it in any other way.
/// </summary>
internal static class AnswerHeaders
{
    /// <summary><c>Peer-Network</c> (docs/protocol.md §13.4): a /24 or a /48.</summary>
    public static IPNetwork? PeerNetwork(HttpResponseHeaders headers)
    {
        if (One(headers, HeaderNames.PeerNetwork) is not { } text) return null;
        // A zone is of the server's own interfaces, and means nothing elsewhere.
        if (text.Contains('%', StringComparison.Ordinal) || !IPNetwork.TryParse(text, out var network)) return null;
        var prefix = network.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? 24 : 48;
        return network.PrefixLength == prefix && network.ToString() == text ? network : null;
    }

    /// <summary><c>Erasure-Due-In</c> (docs/protocol.md §15.2): how long a held erasure still waits.</summary>
    public static TimeSpan? ErasureDueIn(HttpResponseHeaders headers) =>
        uint.TryParse(
            One(headers, HeaderNames.ErasureDueIn), NumberStyles.None, CultureInfo.InvariantCulture,
            out var milliseconds)
            ? ToldTime.Wait(milliseconds) : null;

    private static string? One(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) && values.ToArray() is [var text] ? text : null;
}
