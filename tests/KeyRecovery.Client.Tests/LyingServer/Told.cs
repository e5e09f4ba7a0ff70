using System.Text;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>An answer.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Body">Its body.</param>
internal sealed record Told(int Status, byte[] Body)
{
    /// <summary>What it says that it is.</summary>
    public string? ContentType { get; init; }

    /// <summary>More headers.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>What comes before it: informational answers, perhaps.</summary>
    public byte[] Before { get; init; } = [];

    /// <summary>A problem of the protocol.</summary>
    public static Told Problem(int status, string type, string more = "") => new(status, Encoding.UTF8.GetBytes(
        $"{{\"type\":\"{ProblemTypes.Prefix}{type}\",\"title\":\"no\",\"status\":{status}{more}}}"))
    {
        ContentType = "application/problem+json",
    };

    /// <summary>JSON.</summary>
    public static Told Json(string text) => new(200, Encoding.UTF8.GetBytes(text)) { ContentType = "application/json" };

    /// <summary>As it goes over the wire.</summary>
    public byte[] ToBytes()
    {
        var hasBody = Status is not (204 or 304);
        var head = new StringBuilder($"HTTP/1.1 {Status} told\r\n");
        foreach (var (name, value) in Headers) head.Append($"{name}: {value}\r\n");
        if (ContentType is not null) head.Append($"Content-Type: {ContentType}\r\n");
        if (hasBody) head.Append($"Content-Length: {Body.Length}\r\n");
        return [.. Before, .. Encoding.Latin1.GetBytes(head.Append("\r\n").ToString()), .. hasBody ? Body : []];
    }
}
