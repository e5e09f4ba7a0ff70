using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Http;

/// <summary>One request of the protocol (docs/protocol.md §9.2).</summary>
internal sealed record ApiRequest(HttpMethod Method, string PathAndQuery)
{
    public const string Cbor = "application/cbor";
    public const string Json = "application/json";
    public const string Octets = "application/octet-stream";

    public ReadOnlyMemory<byte> Body { get; init; }

    public string? ContentType { get; init; }

    public string? Token { get; init; }

    /// <summary>The bearer of one side of a link session.</summary>
    public string? LinkBearer { get; init; }

    /// <summary>An entity tag without its quotes.</summary>
    public string? IfNoneMatch { get; init; }

    /// <summary>How many bytes the body of a good answer has at most.</summary>
    public int MostBytes { get; init; } = Limits.RepairBytes + Limits.CommitBodyBytes;

    public static ApiRequest Get(string pathAndQuery) => new(HttpMethod.Get, pathAndQuery);

    public static ApiRequest Post(string path, ReadOnlyMemory<byte> body) =>
        new(HttpMethod.Post, path) { Body = body, ContentType = Cbor };
}
