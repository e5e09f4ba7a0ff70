using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Http;

/// <summary>What came back for a request.</summary>
internal abstract record Answer
{
    private Answer() { }

    /// <summary>Reads the JSON of a success. Nothing that it says is verified.</summary>
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
        return new ClientFailure.ServerLied(ProtocolFault.Malformed);
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

        /// <summary>Whether an attempt before this one got no answer: that one may have been done.</summary>
        public bool IsAfterSilence { get; init; }

        /// <summary>The slug of the problem's type.</summary>
        public string Type =>
            Details.Type is { } type && type.StartsWith(ProblemTypes.Prefix, StringComparison.Ordinal)
                ? type[ProblemTypes.Prefix.Length..]
                : Unknown;
    }

    /// <summary>No answer at all.</summary>
    public sealed record Unreachable(string Reason) : Answer;
}
