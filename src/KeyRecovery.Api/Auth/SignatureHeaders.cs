using KeyRecovery.Api.Http;
using KeyRecovery.Protocol.Http;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Auth;

/// <summary>The three fields of a signed request, each exactly once and in its one spelling; or why not.</summary>
internal readonly record struct SignatureHeaders(
    ProblemResult? Refusal, ParsedSignature? Signature = null, string? Digest = null, Hash256 Hash = default)
{
    public static SignatureHeaders Read(HttpRequest request)
    {
        var fields = request.Headers;
        var (input, signature) = (fields[HeaderNames.SignatureInput], fields[HeaderNames.Signature]);
        var digest = fields[HeaderNames.ContentDigest];
        if (input.Count == 0 && signature.Count == 0) return new(new ProblemResult(ErrorCode.Unauthenticated));
        // Two fields of a name would be one list to one reader and a choice to another.
        if (input.Count != 1) return new(Invalid(HeaderNames.SignatureInput));
        if (signature.Count != 1) return new(Invalid(HeaderNames.Signature));
        if (digest.Count != 1 || !HttpSignature.TryParseContentDigest(digest[0], out var hash))
            return new(Invalid(HeaderNames.ContentDigest));
        return HttpSignature.TryParse(input[0], signature[0], out var parsed)
            ? new(null, parsed, digest[0], hash)
            : new(Invalid(HeaderNames.SignatureInput));
    }

    /// <summary>A signature that does not hold because of one field's form, which anyone can see.</summary>
    public static ProblemResult Invalid(string header) =>
        new(ErrorCode.SignatureInvalid) { Field = header.ToLowerInvariant() };
}
