using System.Text;

namespace KeyRecovery.Api.Tests.Faults;

/// <summary>
/// What is wrong with requests that callers send: by their head, by the way their body comes, by what they are not.
/// </summary>
internal static class RequestFaults
{
    /// <summary>Heads and what follows, each as sent.</summary>
    public static IEnumerable<(string Name, byte[] Bytes)> Heads(string host)
    {
        (string Name, string Text)[] texts =
        [
            ("no host", "GET /v1/config HTTP/1.1\r\n\r\n"),
            ("two hosts", Get("/v1/config", $"Host: {host}\r\nHost: other")),
            ("a host of another kind", Get("/v1/config", "Host: a b")),
            ("an empty host", Get("/v1/config", "Host: ")),
            ("a host with a user", Get("/v1/config", "Host: user@example.org")),
            ("no version", "GET /v1/config\r\n\r\n"),
            ("another version", $"GET /v1/config HTTP/1.2\r\nHost: {host}\r\n\r\n"),
            ("a version to come", $"GET /v1/config HTTP/3.0\r\nHost: {host}\r\n\r\n"),
            ("no version that there is", $"GET /v1/config HTTP/x\r\nHost: {host}\r\n\r\n"),
            ("HTTP/1.0 with a body of no length",
                "POST /v1/dev/tokens HTTP/1.0\r\nContent-Type: application/json\r\n\r\n{}"),
            ("nothing but ends of lines", "\r\n\r\n\r\n\r\n"),
            ("spaces for a method", $"   /v1/config HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            ("a method in lower case", $"get /v1/config HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            ("a method that is none", $"G@T /v1/config HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            ("a method of a thousand letters", $"{new string('A', 1_000)} /v1/config HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            ("TRACE", Request("TRACE", "/v1/config", host)),
            ("CONNECT", Request("CONNECT", "example.org:443", host)),
            ("OPTIONS of everything", Request("OPTIONS", "*", host)),
            ("GET of everything", Request("GET", "*", host)),
            ("HEAD", Request("HEAD", "/v1/vault", host)),
            ("another site's address", Request("GET", "http://example.org/v1/config", host)),
            ("an address that is none", Request("GET", "http://[::1/v1/config", host)),
            ("a path of zero", Request("GET", "/v1/items/%00", host)),
            ("a path of half an escape", Request("GET", "/v1/items/%f", host)),
            ("a path of no UTF-8", Request("GET", "/v1/items/%ff%fe", host)),
            ("a path out of the root", Request("GET", "/../../etc/passwd", host)),
            ("a path that escapes its slashes", Request("GET", "/v1%2fconfig/%2e%2e/%2e%2e", host)),
            ("a path of a thousand slashes", Request("GET", new string('/', 1_000), host)),
            ("a path of raw bytes", Request("GET", "/v1/items/\u00ff\u00fe", host)),
            ("a path too long", Request("GET", "/" + new string('a', 5_000), host)),
            ("a query of anything", Request("GET", "/v1/config?app=%00%ff&app=x&&=&%", host)),
            ("a query of a thousand names",
                Request("GET", "/v1/config?" + string.Join('&', Enumerable.Range(0, 800).Select(i => $"a{i}")), host)),
            ("a field without a colon", Get("/v1/config", $"Host: {host}\r\nnonsense")),
            ("a field without a name", Get("/v1/config", $"Host: {host}\r\n: nonsense")),
            ("a field with a space before its colon", Get("/v1/config", $"Host: {host}\r\nX-A : b")),
            ("a folded field", Get("/v1/config", $"Host: {host}\r\nX-A: b\r\n c")),
            ("a field of zero", Get("/v1/config", $"Host: {host}\r\nX-A: \0")),
            ("a field of raw bytes", Get("/v1/config", $"Host: {host}\r\nX-A: \u00ff\u00c3")),
            ("ends of lines of one byte", $"GET /v1/config HTTP/1.1\nHost: {host}\n\n"),
            ("a lone carriage return", Get("/v1/config", $"Host: {host}\r\nX-A: a\rb")),
            ("too many fields",
                Get("/v1/config", $"Host: {host}"
                    + string.Concat(Enumerable.Range(0, 100).Select(i => $"\r\nX-{i}: a")))),
            ("fields too long", Get("/v1/config", $"Host: {host}\r\nX-A: {new string('a', 20_000)}")),
            ("a head that does not end", $"GET /v1/config HTTP/1.1\r\nHost: {host}\r\nX-A: "),
            ("an upgrade to HTTP/2",
                Get("/v1/config",
                    $"Host: {host}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: "
                    + "AAMAAABkAARAAAAAAAIAAAAA")),
            ("an upgrade to a socket",
                Get("/v1/config",
                    $"Host: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: "
                    + "AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13")),
            ("HTTP/2 at once", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"),
            ("a connection of anything", Get("/v1/config", $"Host: {host}\r\nConnection: Host, close, \u00ff")),
            ("an expectation of anything", Get("/v1/config", $"Host: {host}\r\nExpect: miracles")),
            ("an entity tag of anything", Get("/v1/vault", $"Host: {host}\r\nIf-None-Match: \"\"\",,W/W/\"")),
            ("a range", Get("/v1/config", $"Host: {host}\r\nRange: bytes=9-1,-0,x")),
            ("forwarded by anybody",
                Get("/v1/config",
                    $"Host: {host}\r\nX-Forwarded-For: ::::, x\r\nX-Forwarded-Proto: \u00ff\r\nForwarded: for=\"")),
            ("a token of nothing", Get("/v1/recovery/slots", $"Host: {host}\r\nAuthorization: Bearer ")),
            ("a token of dots", Get("/v1/recovery/slots", $"Host: {host}\r\nAuthorization: Bearer ....")),
            ("a token of no JSON", Get("/v1/recovery/slots", $"Host: {host}\r\nAuthorization: Bearer AAAA.AAAA.AAAA")),
            ("a token of five parts",
                Get("/v1/recovery/slots", $"Host: {host}\r\nAuthorization: Bearer e30.e30.e30.e30.e30")),
            ("a token without an algorithm",
                Get("/v1/recovery/slots", $"Host: {host}\r\nAuthorization: Bearer eyJhbGciOiJub25lIn0.e30.")),
            ("a token of a deep claim",
                Get("/v1/recovery/slots", $"Host: {host}\r\nAuthorization: Bearer e30.{Deep()}.AAAA")),
            ("a token too long",
                Get("/v1/recovery/slots", $"Host: {host}\r\nAuthorization: Bearer {new string('a', 12_000)}")),
            ("a trace that is none",
                Get("/v1/config",
                    $"Host: {host}\r\ntraceparent: 00-zz-zz-zz\r\ntracestate: \u00ff=,,=\r\nbaggage: %%%=\u00ff")),
            ("a signature of nothing",
                Get("/v1/vault", $"Host: {host}\r\nSignature-Input: \r\nSignature: \r\nContent-Digest: ")),
            ("a signature of anything",
                Get("/v1/vault",
                    $"Host: {host}\r\nSignature-Input: sig1=(\"@method\";created=99999999999999999999\r\nSignature: "
                    + "sig1=:%%%:\r\nContent-Digest: sha-256=:x:")),
        ];
        return
        [
            .. texts.Select(text => (text.Name, Encoding.Latin1.GetBytes(text.Text))),
            ("TLS", [0x16, 3, 1, 0, 0xf4, 1, 0, 0, 0xf0, 3, 3, .. new byte[200]]),
            ("a megabyte of zeros", new byte[1 << 20]),
            ("the same random bytes", Noise(64 * 1024)),
        ];
    }

    /// <summary>
    /// Bodies by the way in which they come, for a route that reads one: fields, what follows, and how the caller
    /// leaves.
    /// </summary>
    public static IEnumerable<(string Name, string Fields, string Body, Leaving Leaving)> Bodies()
    {
        const string chunked = "Transfer-Encoding: chunked";
        foreach (var (name, size) in new[]
                 {
                     ("of 2^64 − 1", "ffffffffffffffff"), ("past 64 bits", "fffffffffffffffff"),
                     ("of 2^63", "8000000000000000"), ("of 2^31", "80000000"),
                     ("below nothing", "-1"), ("of no digits", "zz"), ("of nothing", ""),
                     ("of a hundred zeros", new string('0', 100)), ("in C's words", "0x2"),
                     ("with a long extension", $"2;a={new string('b', 10_000)}"),
                     ("with a lone carriage return", "2\r"), ("with a space", " 2 "),
                 })
            yield return ($"a chunk {name}", chunked, $"{size}\r\n{{}}\r\n0\r\n\r\n", Leaving.Stays);
        yield return ("a chunk without its end", chunked, "2\r\n{}x0\r\n\r\n", Leaving.Stays);
        yield return ("a chunk too short", chunked, "ff\r\n{}", Leaving.Ends);
        yield return ("a chunk and then nobody", chunked, "ff\r\n{}", Leaving.Resets);
        yield return ("no last chunk", chunked, "2\r\n{}\r\n", Leaving.Ends);
        yield return ("trailers of anything", chunked, "2\r\n{}\r\n0\r\nnonsense\r\n: x\r\n\r\n", Leaving.Stays);
        yield return ("a host among the trailers", chunked, "2\r\n{}\r\n0\r\nHost: other\r\n\r\n", Leaving.Stays);
        yield return ("trailers too long", chunked, $"2\r\n{{}}\r\n0\r\nX-A: {new string('a', 20_000)}\r\n\r\n",
            Leaving.Stays);
        yield return ("chunks of no end", chunked, string.Concat(Enumerable.Repeat("1\r\n \r\n", 20_000)),
            Leaving.Stays);
        yield return ("two lengths", "Content-Length: 2\r\nContent-Length: 3", "{}", Leaving.Stays);
        yield return ("a length and chunks", $"Content-Length: 2\r\n{chunked}", "2\r\n{}\r\n0\r\n\r\n", Leaving.Stays);
        yield return ("a length below nothing", "Content-Length: -1", "{}", Leaving.Stays);
        yield return ("a length of no digits", "Content-Length: x", "{}", Leaving.Stays);
        yield return ("a length of 2^63 − 1", "Content-Length: 9223372036854775807", "{}", Leaving.Stays);
        yield return ("a length past 64 bits", "Content-Length: 99999999999999999999", "{}", Leaving.Stays);
        yield return ("a coding that nobody knows", "Transfer-Encoding: gzip", "{}", Leaving.Stays);
        yield return ("two codings", "Transfer-Encoding: gzip, chunked", "0\r\n\r\n", Leaving.Stays);
        yield return ("chunked twice", "Transfer-Encoding: chunked, chunked", "0\r\n\r\n", Leaving.Stays);
        yield return ("half a body", "Content-Length: 100", "{}", Leaving.Ends);
        yield return ("half a body and then nobody", "Content-Length: 100", "{}", Leaving.Resets);
        yield return ("no body and then nobody", "Content-Length: 100", "", Leaving.Resets);
        yield return ("a body that is asked for, and none comes", "Content-Length: 100\r\nExpect: 100-continue", "",
            Leaving.Ends);
        yield return ("a compressed body", "Content-Length: 2\r\nContent-Encoding: gzip", "{}", Leaving.Stays);
        yield return ("another character set", "Content-Length: 2\r\nContent-Type: application/json; charset=utf-7",
            "{}", Leaving.Stays);
        yield return ("more than the body", "Content-Length: 2", "{}GARBAGE\r\n\r\n", Leaving.Stays);
    }

    /// <summary>Bytes that are the same on each run.</summary>
    public static byte[] Noise(int length)
    {
        var (bytes, state) = (new byte[length], 0x9e3779b97f4a7c15UL);
        for (var i = 0; i < length; i++)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes[i] = unchecked((byte)state);
        }

        return bytes;
    }

    private static string Get(string target, string fields) => $"GET {target} HTTP/1.1\r\n{fields}\r\n\r\n";

    private static string Request(string method, string target, string host) =>
        $"{method} {target} HTTP/1.1\r\nHost: {host}\r\n\r\n";

    private static string Deep() =>
        Convert.ToBase64String(Encoding.ASCII.GetBytes(new string('[', 5_000))).TrimEnd('=');
}
