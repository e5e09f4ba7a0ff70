using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Http;

/// <summary>
/// Request signatures: one profile of HTTP Message Signatures (RFC 9421). Exactly one signature, <c>sig1</c>, by
/// Ed25519, over exactly <c>@method @authority @path @query content-digest</c>, with <c>created, keyid, alg, tag</c> in
/// this order and one spelling. A verifier never learns from the sender what to check.
/// </summary>
public static class HttpSignature
{
    private const string Label = "sig1";
    private const string Covered = """("@method" "@authority" "@path" "@query" "content-digest")""";
    private const string CreatedField = ";created=";
    private const string KeyIdField = ";keyid=\"";
    private const string Tail = $"\";alg=\"ed25519\";tag=\"{Labels.HttpTag}\"";
    private const string DigestPrefix = "sha-256=:";

    /// <summary>The largest <c>created</c>: 15 digits, as structured fields allow (RFC 9651 §3.3.1).</summary>
    public const long MaxCreated = 999_999_999_999_999;

    /// <summary>Signs a request: the values of its Signature-Input and Signature fields.</summary>
    /// <param name="key">The device's or slot's key.</param>
    /// <param name="keyId">A <see cref="KeyId"/> as text.</param>
    /// <param name="created">Now, in seconds since 1970 (UTC).</param>
    /// <param name="parts">What is signed.</param>
    public static (string SignatureInput, string Signature) Sign(
        SigningKey key, string keyId, long created, HttpRequestParts parts)
    {
        Throw.IfOutside(created, 0, MaxCreated, nameof(created));
        if (!KeyId.TryParse(keyId, out var parsed)) Throw.Argument(nameof(keyId), "neither a device's nor a slot's");
        var parameters = Parameters(created, parsed);
        var signature = key.SignHttp(Base(parts, parameters));
        return ($"{Label}={parameters}", SignatureField(signature));
    }

    /// <summary>Reads the two fields; false for every form but the profile's one.</summary>
    public static bool TryParse(
        string? signatureInput, string? signature, [NotNullWhen(true)] out ParsedSignature? parsed)
    {
        parsed = null;
        if (signatureInput is null || signature is null) return false;
        if (!TryParseParameters(signatureInput, out var created, out var keyId)) return false;
        if (!TryDecode(signature, $"{Label}=:", SigningKey.SignatureSize, out var bytes)) return false;
        parsed = new ParsedSignature(keyId, created, bytes, Parameters(created, keyId));
        return true;
    }

    /// <summary>The value of the Content-Digest field (RFC 9530 §2) for a body: <c>sha-256=:…:</c>.</summary>
    public static string ContentDigest(ReadOnlySpan<byte> body) =>
        $"{DigestPrefix}{Convert.ToBase64String(Hash256.Of(body).ToArray())}:";

    /// <summary>Reads a Content-Digest of exactly one SHA-256; false for anything else.</summary>
    public static bool TryParseContentDigest(string? text, out Hash256 hash)
    {
        hash = default;
        if (!TryDecode(text, DigestPrefix, Hash256.Size, out var bytes)) return false;
        hash = new Hash256(bytes);
        return true;
    }

    internal static byte[] Base(HttpRequestParts parts, string parameters)
    {
        WireFormatException.Require(parts.Path.StartsWith('/'), "a path begins with a slash");
        WireFormatException.Require(parts.Query.StartsWith('?'), "a query begins with a question mark");
        return HttpSignatureBase.Build(
            [
                ("@method", parts.Method),
                ("@authority", parts.Authority),
                ("@path", parts.Path),
                ("@query", parts.Query),
                ("content-digest", parts.ContentDigest),
            ],
            parameters);
    }

    private static string Parameters(long created, KeyId keyId) =>
        string.Create(CultureInfo.InvariantCulture, $"{Covered}{CreatedField}{created}{KeyIdField}{keyId}{Tail}");

    private static string SignatureField(ReadOnlySpan<byte> signature) =>
        $"{Label}=:{Convert.ToBase64String(signature)}:";

    private static bool TryParseParameters(string text, out long created, out KeyId keyId)
    {
        (created, keyId) = (0, default);
        const string head = $"{Label}={Covered}{CreatedField}";
        var keyIdAt = text.IndexOf(KeyIdField, StringComparison.Ordinal);
        var tailAt = text.Length - Tail.Length;
        if (keyIdAt < head.Length || tailAt < keyIdAt + KeyIdField.Length) return false;
        return long.TryParse(text.AsSpan(head.Length, keyIdAt - head.Length), NumberStyles.None,
            CultureInfo.InvariantCulture, out created)
            && created <= MaxCreated
            && KeyId.TryParse(text[(keyIdAt + KeyIdField.Length)..tailAt], out keyId)
            // Head and tail, leading zeros and all other spellings in one comparison.
            && text == $"{Label}={Parameters(created, keyId)}";
    }

    private static bool TryDecode(string? text, string prefix, int size, out byte[] bytes)
    {
        bytes = new byte[size];
        return text is not null
            && text.Length == prefix.Length + ((size + 2) / 3 * 4) + 1
            && Convert.TryFromBase64Chars(
                text.AsSpan(prefix.Length, text.Length - prefix.Length - 1), bytes, out var written)
            && written == size
            && text == $"{prefix}{Convert.ToBase64String(bytes)}:";
    }
}

/// <summary>Builds the bytes that RFC 9421 signs (§2.5), for any list of components.</summary>
internal static class HttpSignatureBase
{
    public static byte[] Build(ReadOnlySpan<(string Component, string Value)> covered, string parameters)
    {
        var text = new StringBuilder();
        foreach (var (component, value) in covered)
        {
            // A line break in a value would forge the next component (RFC 9421 §7.5.6).
            WireFormatException.Require(
                value.Length > 0 && !value.AsSpan().ContainsAnyExceptInRange(' ', '~'),
                "a signed component is printable ASCII");
            text.Append('"').Append(component).Append("\": ").Append(value).Append('\n');
        }

        text.Append("\"@signature-params\": ").Append(parameters);
        return Encoding.ASCII.GetBytes(text.ToString());
    }
}

/// <summary>A request signature in the one form that <see cref="HttpSignature"/> admits; not verified yet.</summary>
public sealed class ParsedSignature
{
    private readonly string _parameters;

    internal ParsedSignature(KeyId keyId, long created, byte[] signature, string parameters)
    {
        KeyId = keyId;
        Created = created;
        Signature = signature;
        _parameters = parameters;
    }

    /// <summary>Who claims to have signed.</summary>
    public KeyId KeyId { get; }

    /// <summary>When, in seconds since 1970 (UTC), by the signer's clock.</summary>
    public long Created { get; }

    /// <summary>The Ed25519 signature, 64 bytes.</summary>
    public byte[] Signature { get; }

    /// <summary>The bytes that must have been signed for this request.</summary>
    /// <exception cref="WireFormatException">A part that no request can have, such as a line break in the
    /// path.</exception>
    public byte[] SignatureBase(HttpRequestParts parts) => HttpSignature.Base(parts, _parameters);
}

/// <summary>What a request signature covers (RFC 9421 §2.2), as sent on the wire and without decoding.</summary>
/// <param name="Method">The method, upper case: <c>POST</c>.</param>
/// <param name="Authority">Host and, unless it is the scheme's own, port, lower case. A server takes it from its
/// configuration.</param>
/// <param name="Path">The absolute path: <c>/v1/commits</c>.</param>
/// <param name="Query">The query with its question mark; <c>?</c> where there is none.</param>
/// <param name="ContentDigest">The Content-Digest field's value, also for an empty body.</param>
public sealed record HttpRequestParts(string Method, string Authority, string Path, string Query, string ContentDigest);
