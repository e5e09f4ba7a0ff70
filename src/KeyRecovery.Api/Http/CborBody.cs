using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Http;

/// <summary>Bodies that are not JSON: their media type, and their structure.</summary>
internal static class CborBody
{
    public const string Cbor = "application/cbor";
    public const string Octets = "application/octet-stream";

    /// <summary>A problem unless the request's body is of the media type.</summary>
    public static ProblemResult? RequireType(HttpRequest request, string type)
    {
        var sent = request.ContentType.AsSpan();
        var end = sent.IndexOf(';');
        return (end < 0 ? sent : sent[..end]).Trim().Equals(type, StringComparison.OrdinalIgnoreCase)
            ? null
            : new ProblemResult(ErrorCode.UnsupportedMediaType);
    }

    /// <summary>Decodes a body of signed structures, or says what is wrong with it.</summary>
    /// <param name="request">Its headers.</param>
    /// <param name="body">Its body.</param>
    /// <param name="decode">Reads the structure.</param>
    /// <param name="name">The structure's name, told where it is not a part of it that is malformed.</param>
    public static (T? Value, ProblemResult? Refusal) Decode<T>(
        HttpRequest request, ReadOnlyMemory<byte> body, Func<ReadOnlyMemory<byte>, T> decode, string name)
        where T : class
    {
        if (RequireType(request, Cbor) is { } wrongType) return (null, wrongType);
        try
        {
            return (decode(body), null);
        }
        catch (WireFormatException malformed)
        {
            return (null, new ProblemResult(ErrorCode.Malformed) { Field = malformed.Part ?? name });
        }
        catch (UpgradeRequiredException)
        {
            return (null, Failures.UpgradeRequired());
        }
    }
}
