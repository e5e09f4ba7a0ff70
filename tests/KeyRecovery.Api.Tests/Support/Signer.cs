using System.Net.Http.Headers;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Http;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Tests.Support;

/// <summary>Signs requests as a device does, and lets a test spoil what is signed.</summary>
internal sealed class Signer(KeyId keyId, SigningKey key) : IDisposable
{
    public KeyId KeyId => keyId;

    public VerifyKey PublicKey => key.PublicKey;

    public static Signer NewDevice() => new(
        KeyId.OfDevice(
            new AccountId(RandomNumberGenerator.GetBytes(16)), new AuthorityId(RandomNumberGenerator.GetBytes(16))),
        SigningKey.FromSeed(RandomNumberGenerator.GetBytes(32)));

    /// <param name="server">Where the request goes; its authority is signed.</param>
    /// <param name="method">The method.</param>
    /// <param name="target">Path and query, as on the wire.</param>
    /// <param name="body">The body; null for none.</param>
    /// <param name="contentType">The body's media type.</param>
    /// <param name="created">Seconds since 1970; now by default.</param>
    /// <param name="spoil">Changes what is signed, not what is sent.</param>
    public HttpRequestMessage Request(
        Uri server,
        HttpMethod method,
        string target,
        byte[]? body = null,
        string contentType = "application/cbor",
        long? created = null,
        Func<HttpRequestParts, HttpRequestParts>? spoil = null)
    {
        var request = new HttpRequestMessage(method, new Uri(server, target));
        if (body is not null) request.Content =
            new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(contentType) } };
        foreach (var (name, value) in Headers(server, method, target, body, created, spoil))
            request.Headers.TryAddWithoutValidation(name, value);
        return request;
    }

    /// <summary>The three fields of a signed request.</summary>
    public IEnumerable<(string Name, string Value)> Headers(
        Uri server,
        HttpMethod method,
        string target,
        byte[]? body = null,
        long? created = null,
        Func<HttpRequestParts, HttpRequestParts>? spoil = null)
    {
        var digest = HttpSignature.ContentDigest(body);
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var parts = new HttpRequestParts(
            method.Method,
            server.Authority,
            query < 0 ? target : target[..query],
            query < 0 ? "?" : target[query..],
            digest);
        var (input, signature) = HttpSignature.Sign(
            key, keyId.ToString(), created ?? DateTimeOffset.UtcNow.ToUnixTimeSeconds(), spoil?.Invoke(parts) ?? parts);
        return [("Signature-Input", input), ("Signature", signature), ("Content-Digest", digest)];
    }

    public void Dispose() => key.Dispose();
}
