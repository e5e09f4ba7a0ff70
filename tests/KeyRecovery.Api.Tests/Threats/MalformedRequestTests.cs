using System.Net;
using System.Text;
using KeyRecovery.Api.Tests.Support;

namespace KeyRecovery.Api.Tests.Threats;

public class MalformedRequestTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    private const string Tokens = "/v1/dev/tokens";

    [Theory]
    [InlineData("/")]
    [InlineData("/v1")]
    [InlineData("/v2/config")]
    [InlineData("/v1/Config%2f..")]
    [InlineData("/admin/../../etc/passwd")]
    public async Task An_unknown_route_is_not_found(string path) =>
        await ProblemAssert.IsAsync(await fixture.Client.GetAsync(path), HttpStatusCode.NotFound, "not-found");

    [Fact]
    public async Task A_wrong_method_is_told_the_right_ones()
    {
        var response = await fixture.Client.DeleteAsync("/v1/config");
        await ProblemAssert.IsAsync(response, HttpStatusCode.MethodNotAllowed, "method-not-allowed");
        Assert.Equal(["GET"], response.Content.Headers.Allow);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/cbor")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("nonsense")]
    [InlineData(null)]
    public async Task Another_media_type_is_refused(string? type)
    {
        var content = new ByteArrayContent("""{"subject":"anna"}"""u8.ToArray());
        if (type is not null) content.Headers.TryAddWithoutValidation("Content-Type", type);
        await ProblemAssert.IsAsync(
            await fixture.Client.PostAsync(Tokens, content), HttpStatusCode.UnsupportedMediaType,
            "unsupported-media-type");
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("{", null)]
    [InlineData("null", null)]
    [InlineData("[]", null)]
    [InlineData("{}", "subject")]
    [InlineData("""{"subject":null}""", "subject")]
    [InlineData("""{"subject":""}""", "subject")]
    [InlineData("""{"subject":7}""", "subject")]
    [InlineData("""{"subject":"a","subject":"b"}""", "subject")]
    [InlineData("""{"Subject":"a"}""", "Subject")]
    [InlineData("""{"subject":"a","admin":true}""", "admin")]
    [InlineData("""{"subject":"a"} {}""", null)]
    [InlineData("""{"subject":"a",}""", null)]
    [InlineData("""{"subject":"\ud800"}""", "subject")]
    public async Task A_malformed_body_is_refused_and_the_field_named(string json, string? field) =>
        await ProblemAssert.IsAsync(
            await PostAsync(Encoding.UTF8.GetBytes(json)), HttpStatusCode.BadRequest, "malformed", field);

    [Fact]
    public async Task Invalid_UTF_8_is_refused() =>
        await ProblemAssert.IsAsync(
            await PostAsync([.. "{\"subject\":\""u8, 0xC3, 0x28, .. "\"}"u8]), HttpStatusCode.BadRequest,
            "malformed", "subject");

    [Fact]
    public async Task Deep_nesting_is_refused() =>
        await ProblemAssert.IsAsync(
            await PostAsync(
                Encoding.UTF8.GetBytes($"{{\"subject\":{new string('[', 1_000)}{new string(']', 1_000)}}}")),
            HttpStatusCode.BadRequest,
            "malformed",
            "subject");

    [Fact]
    public async Task A_subject_has_256_bytes_at_most()
    {
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(Subject(new string('é', 128)))).StatusCode);
        await ProblemAssert.IsAsync(
            await PostAsync(Subject(new string('é', 129))), HttpStatusCode.BadRequest, "malformed", "subject");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_oversized_body_is_refused_whether_or_not_it_says_its_length(bool chunked)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, Tokens) { Content = Json(Subject(new string('x', 8_192))) };
        request.Headers.TransferEncodingChunked = chunked;
        await ProblemAssert.IsAsync(
            await fixture.Client.SendAsync(request), HttpStatusCode.RequestEntityTooLarge, "too-large");
    }

    [Fact]
    public async Task After_a_refused_body_the_connection_goes_on()
    {
        using var host = new HttpClient(
            new SocketsHttpHandler { MaxConnectionsPerServer = 1 }) { BaseAddress = fixture.Client.BaseAddress };
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(HttpStatusCode.BadRequest,
                (await host.PostAsync(Tokens, Json("{\"subject\":1,"u8.ToArray()))).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await host.GetAsync("/v1/config")).StatusCode);
        }

        Assert.DoesNotContain("ended abnormally", fixture.Host.ReadLog(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_of_an_unknown_field_with_an_odd_name_is_repeated()
    {
        var problem = await ProblemAssert.IsAsync(
            await PostAsync("{\"<script>\":1}"u8.ToArray()), HttpStatusCode.BadRequest, "malformed");
        Assert.DoesNotContain("script", problem.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_doubled_content_type_is_refused()
    {
        var answer = await RawHttp.SendAsync(
            fixture.Host.Address,
            $"POST {Tokens} HTTP/1.1",
            ["Content-Type: application/json", "Content-Type: application/json", "Content-Length: 2"],
            "{}"u8.ToArray());
        Assert.StartsWith("HTTP/1.1 415 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_are_bounded()
    {
        var answer = await RawHttp.SendAsync(
            fixture.Host.Address, "GET /v1/config HTTP/1.1", [$"X-Long: {new string('x', 20_000)}"]);
        Assert.StartsWith("HTTP/1.1 431 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_answer_forbids_storing_and_names_no_server()
    {
        foreach (var path in new[] { "/v1/config", "/v1/nothing" })
        {
            var response = await fixture.Client.GetAsync(path);
            Assert.True(response.Headers.CacheControl?.NoStore);
            Assert.Empty(response.Headers.Server);
            Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        }
    }

    private static byte[] Subject(string subject) => Encoding.UTF8.GetBytes($"{{\"subject\":\"{subject}\"}}");

    private static ByteArrayContent Json(byte[] body) =>
        new(body) { Headers = { ContentType = new("application/json") } };

    private Task<HttpResponseMessage> PostAsync(byte[] body) => fixture.Client.PostAsync(Tokens, Json(body));
}
