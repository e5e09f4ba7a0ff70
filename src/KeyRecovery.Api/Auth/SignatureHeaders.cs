using KeyRecovery.Api.Http;
using KeyRecovery.Protocol.Http;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Auth;

/// <summary>The three fields of a signed request, each exactly once and in its one spelling; or why not.</summary>
internal readonly record struct SignatureHeaders(
    ProblemResult? Refusal, ParsedSignature? Signature = null, string? Digest = null, Hash256 Hash = default)
{
    public const string SignatureInput = "signature-input";
    public const string SignatureField = "signature";
    public const string ContentDigest = "content-digest";

    public static SignatureHeaders Read(HttpRequest request)
    {
        var fields = request.Headers;
        var (input, signature, digest) = (fields[SignatureInput], fields[SignatureField], fields[ContentDigest]);
        if (input.Count == 0 && signature.Count == 0) return new(new ProblemResult(ErrorCode.Unauthenticated));
        // Two fields of a name would be one list to one reader and a choice to another.
        if (input.Count != 1) return new(Invalid(SignatureInput));
        if (signature.Count != 1) return new(Invalid(SignatureField));
        if (digest.Count != 1 || !HttpSignature.TryParseContentDigest(digest[0], out var hash)) return new(Invalid(ContentDigest));
        return HttpSignature.TryParse(input[0], signature[0], out var parsed)
            ? new(null, parsed, digest[0], hash)
            : new(Invalid(SignatureInput));
    }

    /// <summary>A signature that does not hold because of one field's form, which anyone can see.</summary>
    public static ProblemResult Invalid(string field) => new(ErrorCode.SignatureInvalid) { Field = field };
}
