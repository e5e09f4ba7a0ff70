using System.Buffers.Binary;
using System.Text;

namespace KeyRecovery.Api.Tests.Faults;

/// <summary>Frames of HTTP/2 (RFC 9113 §4) by hand, right and wrong.</summary>
internal static class Http2Frames
{
    private const byte Data = 0, Headers = 1, Priority = 2, Reset = 3, Settings = 4, Push = 5, Ping = 6, GoAway = 7,
        Window = 8, Continuation = 9;
    private const byte EndStream = 1, EndHeaders = 4, Padded = 8;

    private static readonly byte[] Get =
        Fields((":method", "GET"), (":scheme", "http"), (":path", "/v1/config"), (":authority", "a"));

    private static readonly byte[] Post = Fields(
        (":method", "POST"), (":scheme", "http"), (":path", "/v1/dev/tokens"), (":authority", "a"),
        ("content-type", "application/json"), ("content-length", "2"));

    /// <summary>What a client says first.</summary>
    public static byte[] Preface => [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, 0, [])];

    /// <summary>What comes after the preface.</summary>
    public static IEnumerable<(string Name, byte[] Bytes)> Faults()
    {
        yield return ("nothing", []);
        yield return ("a good request", Frame(Headers, EndStream | EndHeaders, 1, Get));
        yield return ("noise", RequestFaults.Noise(10_000));
        yield return ("HTTP/1.1", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
        yield return ("settings of five bytes", Frame(Settings, 0, 0, new byte[5]));
        yield return ("settings for a stream", Frame(Settings, 0, 1, []));
        yield return ("settings out of range", Frame(Settings, 0, 0, [0, 4, 0xff, 0xff, 0xff, 0xff]));
        yield return ("an acknowledgement with settings", Frame(Settings, 1, 0, new byte[6]));
        yield return ("a thousand settings",
            [.. Enumerable.Repeat(Frame(Settings, 0, 0, []), 1_000).SelectMany(f => f)]);
        yield return ("data for no stream", Frame(Data, 0, 0, [1]));
        yield return ("data for a stream that is not", Frame(Data, 0, 5, [1]));
        yield return ("data padded with more than there is",
            [.. Frame(Headers, EndHeaders, 1, Post), .. Frame(Data, Padded, 1, [200, 1])]);
        yield return ("more data than said",
            [.. Frame(Headers, EndHeaders, 1, Post), .. Frame(Data, EndStream, 1, "{}{}"u8.ToArray())]);
        yield return ("less data than said",
            [.. Frame(Headers, EndHeaders, 1, Post), .. Frame(Data, EndStream, 1, "{"u8.ToArray())]);
        yield return ("data and a reset",
            [.. Frame(Headers, EndHeaders, 1, Post), .. Frame(Data, 0, 1, "{"u8.ToArray()),
                .. Frame(Reset, 0, 1, new byte[4])]);
        yield return ("data after the end",
            [.. Frame(Headers, EndStream | EndHeaders, 1, Get), .. Frame(Data, 0, 1, [1])]);
        yield return ("data without an end",
            [.. Frame(Headers, EndHeaders, 1, Post), .. Frame(Data, 0, 1, "{"u8.ToArray())]);
        yield return ("headers of noise", Frame(Headers, EndStream | EndHeaders, 1, RequestFaults.Noise(200)));
        yield return ("headers for no stream", Frame(Headers, EndStream | EndHeaders, 0, Get));
        yield return ("headers for the server's stream", Frame(Headers, EndStream | EndHeaders, 2, Get));
        yield return ("headers without an end",
            [.. Frame(Headers, EndStream, 1, Get), .. Frame(Ping, 0, 0, new byte[8])]);
        yield return ("a stream that goes back",
            [.. Frame(Headers, EndStream | EndHeaders, 5, Get), .. Frame(Headers, EndStream | EndHeaders, 3, Get)]);
        yield return ("no path",
            Frame(Headers, EndStream | EndHeaders, 1, Fields((":method", "GET"), (":scheme", "http"))));
        yield return ("an empty path",
            Frame(Headers, EndStream | EndHeaders, 1, Fields((":method", "GET"), (":scheme", "http"), (":path", ""))));
        yield return ("two methods",
            Frame(Headers, EndStream | EndHeaders, 1, [.. Get, .. Fields((":method", "PUT"))]));
        yield return ("a method that is none",
            Frame(Headers, EndStream | EndHeaders, 1, Fields((":method", "G T"), (":scheme", "http"), (":path", "/"))));
        yield return ("another scheme",
            Frame(
                Headers, EndStream | EndHeaders, 1, Fields((":method", "GET"), (":scheme", "gopher"), (":path", "/"))));
        yield return ("a name in capitals",
            Frame(Headers, EndStream | EndHeaders, 1, [.. Get, .. Fields(("X-A", "a"))]));
        yield return ("an end of line in a value",
            Frame(Headers, EndStream | EndHeaders, 1, [.. Get, .. Fields(("x-a", "a\r\nb: c"))]));
        yield return ("a field of a connection",
            Frame(Headers, EndStream | EndHeaders, 1,
                [.. Get, .. Fields(("connection", "close"), ("transfer-encoding", "chunked"))]));
        yield return ("a field that nobody knows",
            Frame(Headers, EndStream | EndHeaders, 1, [.. Get, .. Fields((":nobody", "a"))]));
        yield return ("an index that is not there",
            Frame(Headers, EndStream | EndHeaders, 1, [0xff, 0xff, 0xff, 0xff, 0x0f]));
        yield return ("a table too large",
            Frame(Headers, EndStream | EndHeaders, 1, [0x3f, 0xff, 0xff, 0xff, 0x0f, .. Get]));
        yield return ("fields too long",
            Frame(Headers, EndStream | EndHeaders, 1,
                [.. Get, .. Enumerable.Repeat(Fields(("x-a", new string('a', 120))), 120).SelectMany(f => f)]));
        yield return ("trailers that are fields of a request",
            [.. Frame(Headers, EndHeaders, 1, Post), .. Frame(Headers, EndStream | EndHeaders, 1, Get)]);
        yield return ("a continuation of nothing", Frame(Continuation, EndHeaders, 1, Get));
        yield return ("a thousand continuations",
            [.. Frame(Headers, EndStream, 1, Get), .. Enumerable.Repeat(Frame(Continuation, 0, 1, []), 1_000)
                .SelectMany(f => f)]);
        yield return ("a window of nothing", Frame(Window, 0, 0, new byte[4]));
        yield return ("a window past its bound",
            [.. Frame(Window, 0, 0, [0x7f, 0xff, 0xff, 0xff]), .. Frame(Window, 0, 0, [0x7f, 0xff, 0xff, 0xff])]);
        yield return ("a reset of nothing", Frame(Reset, 0, 1, new byte[4]));
        yield return ("a stream that depends on itself", Frame(Priority, 0, 1, [0, 0, 0, 1, 0]));
        yield return ("a promise", Frame(Push, EndHeaders, 1, [0, 0, 0, 2, .. Get]));
        yield return ("a ping of seven bytes", Frame(Ping, 0, 0, new byte[7]));
        yield return ("ten thousand pings",
            [.. Enumerable.Repeat(Frame(Ping, 0, 0, new byte[8]), 10_000).SelectMany(f => f)]);
        yield return ("a goodbye for a stream", Frame(GoAway, 0, 1, new byte[8]));
        yield return ("a frame that nobody knows", Frame(99, 0xff, 1, new byte[100]));
        yield return ("a frame too long", [0xff, 0xff, 0xff, Data, 0, 0, 0, 0, 1]);
        yield return ("requests that are taken back", [.. Enumerable.Range(0, 500).SelectMany(i =>
            Frame(Headers, EndHeaders, 2 * i + 1, Post).Concat(Frame(Reset, 0, 2 * i + 1, [0, 0, 0, 8])))]);
        yield return ("more requests than may be",
            [.. Enumerable.Range(0, 300).SelectMany(i => Frame(Headers, EndHeaders, 2 * i + 1, Post))]);
    }

    private static byte[] Frame(byte type, int flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        (frame[0], frame[1], frame[2]) =
            ((byte)(payload.Length >> 16), unchecked((byte)(payload.Length >> 8)), unchecked((byte)payload.Length));
        (frame[3], frame[4]) = (type, (byte)flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    // Literals that are not indexed, of at most 126 bytes (RFC 7541 §6.2.2).
    private static byte[] Fields(params (string Name, string Value)[] fields) =>
    [
        .. fields.SelectMany(
            f => (byte[])[0, (byte)f.Name.Length, .. Encoding.Latin1.GetBytes(f.Name), (byte)f.Value.Length,
                .. Encoding.Latin1.GetBytes(f.Value)]),
    ];
}
