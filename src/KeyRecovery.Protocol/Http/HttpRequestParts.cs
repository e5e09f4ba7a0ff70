namespace KeyRecovery.Protocol.Http;

/// <summary>What a request signature covers (RFC 9421 §2.2), as sent on the wire and without decoding.</summary>
/// <param name="Method">The method, upper case: <c>POST</c>.</param>
/// <param name="Authority">Host and, unless it is the scheme's own, port, lower case. A server takes it from its
/// configuration.</param>
/// <param name="Path">The absolute path: <c>/v1/commits</c>.</param>
/// <param name="Query">The query with its question mark; <c>?</c> where there is none.</param>
/// <param name="ContentDigest">The Content-Digest field's value, also for an empty body.</param>
public sealed record HttpRequestParts(string Method, string Authority, string Path, string Query, string ContentDigest);
