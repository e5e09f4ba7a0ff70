using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Service.Stores;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Erasure;

/// <summary>Lists that are none: refused as a whole, with the line, and nothing of them stays.</summary>
public sealed class SubjectLinesTests
{
    [Fact]
    public async Task One_line_that_is_none_refuses_all_and_says_which()
    {
        await using var host = await TestHost.StartAsync();
        var token = await Officer.TokenAsync(host, "demo");
        const string Good = "{\"subject\":\"nobody\"}\n";
        foreach (var (bad, what) in new (byte[], string)[]
        {
            ("{\"subject\":\"\"}"u8.ToArray(), "empty"),
            ("{\"subject\":null}"u8.ToArray(), "null"),
            ("{}"u8.ToArray(), "nobody named"),
            ("null"u8.ToArray(), "no object"),
            ("[\"a\"]"u8.ToArray(), "a list"),
            ("{\"subject\":\"a\"} {\"subject\":\"b\"}"u8.ToArray(), "two in a line"),
            ("{\"subject\":\"a\""u8.ToArray(), "cut short"),
            ([.. "{\"subject\":\""u8, 0xff, 0xfe, .. "\"}"u8], "no UTF-8"),
            ("{\"subject\":\"\\ud800\"}"u8.ToArray(), "half a character"),
            (Encoding.UTF8.GetBytes($"{{\"subject\":\"{new string('a', 257)}\"}}"), "a long subject"),
            (Encoding.UTF8.GetBytes($"{{\"subject\":\"a\"}}{new string(' ', 4_096)}"), "a long line"),
            ([0], "a zero byte"),
        })
        {
            using var answer = await PostAsync(host, token,
                new ByteArrayContent(
                    [.. Encoding.UTF8.GetBytes(Good + "\r\n" + Good), .. bad, .. "\n"u8,
                        .. Encoding.UTF8.GetBytes(Good)]));
            Assert.True(answer.StatusCode == HttpStatusCode.BadRequest, what);
            await ProblemAssert.IsAsync(answer, HttpStatusCode.BadRequest, "malformed", "line 4");
        }

        // A mark at the beginning, as some editors write, is no JSON.
        using (var answer = await PostAsync(
            host, token, new ByteArrayContent([0xef, 0xbb, 0xbf, .. Encoding.UTF8.GetBytes(Good)])))
            await ProblemAssert.IsAsync(answer, HttpStatusCode.BadRequest, "malformed", "line 1");
        using (var answer = await PostAsync(host, token, new ByteArrayContent("\n\r\n  \n"u8.ToArray())))
            await ProblemAssert.IsAsync(answer, HttpStatusCode.BadRequest, "malformed", "line 1");
        using (var answer = await PostAsync(
            host, token, new ByteArrayContent(Encoding.UTF8.GetBytes(Good)), "application/json"))
            await ProblemAssert.IsAsync(answer, HttpStatusCode.UnsupportedMediaType, "unsupported-media-type");
        Assert.Equal(0, await LinesAsync(host));

        // The control: Windows' line ends, and no end of the last line.
        using (var answer = await PostAsync(
            host, token, new ByteArrayContent("{\"subject\":\"a\"}\r\n\r\n{\"subject\":\"a\"}"u8.ToArray())))
            Assert.Equal(2, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("lines").GetInt32());
        Assert.Equal(2, await LinesAsync(host));
    }

    // A hundred thousand rows, each a request to accounts.
    [Trait("Store", "Files")]
    [Fact]
    public async Task A_list_of_one_line_too_many_is_refused_and_leaves_nothing()
    {
        await using var host = await TestHost.StartAsync();
        var lines = string.Concat(Enumerable.Range(0, 100_001).Select(i => $"{{\"subject\":\"{i}\"}}\n"));
        using var answer = await PostAsync(
            host, await Officer.TokenAsync(host, "demo"), new ByteArrayContent(Encoding.UTF8.GetBytes(lines)));
        await ProblemAssert.IsAsync(answer, HttpStatusCode.BadRequest, "malformed", "line 100001");
        Assert.Equal(0, await LinesAsync(host));
    }

    [Fact]
    public async Task A_line_of_a_gigabyte_is_refused_before_it_is_read()
    {
        await using var host = await TestHost.StartAsync();
        using var endless = new Endless(1L << 30);
        try
        {
            using var answer = await PostAsync(
                host, await Officer.TokenAsync(host, "demo"), new StreamContent(endless));
            await ProblemAssert.IsAsync(answer, HttpStatusCode.BadRequest, "malformed", "line 1");
        }
        catch (HttpRequestException)
        {
            // The server hung up on it, in the middle of the sending.
        }

        Assert.True(endless.Sent < 100_000_000, $"{endless.Sent} bytes");
        Assert.Equal(0, await LinesAsync(host));
    }

    private static async Task<HttpResponseMessage> PostAsync(
        TestHost host, string token, HttpContent body, string type = "application/x-ndjson")
    {
        body.Headers.ContentType = new MediaTypeHeaderValue(type);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/admin/erasures")
        {
            Content = body, Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
        };
        return await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static async Task<int> LinesAsync(TestHost host)
    {
        var lines = 0;
        var keys = host.Services.GetRequiredService<ServerStores>().Pair.Keys;
        await foreach (var _ in keys.ScanAsync(Table.ErasureLines, CancellationToken.None)) lines++;
        return lines;
    }

    /// <summary>Spaces, of which nobody knows how many.</summary>
    private sealed class Endless(long length) : Stream
    {
        public long Sent { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get =>
            throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            count = (int)Math.Min(count, length - Sent);
            buffer.AsSpan(offset, count).Fill((byte)' ');
            Sent += count;
            return count;
        }

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
