using System.Net;
using System.Reflection;
using System.Text;
using KeyRecovery.Client.Http;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Tests.Sessions;

/// <summary>
/// Done, refused or unknown: every call that changes an account, with every answer that tells nothing. None of them is
/// told as done that is not, or as refused.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class ChangingCallTests(ServerFixture fixture)
{
    private const string ForeignType = "application/problem+json";
    private const string Page = "<html>log in to the hotel's network</html>";

    // What tells nothing: a cable that is cut, a page, another's answer, a server in trouble, words that are not known.
    private static readonly Dictionary<string, Func<HttpResponseMessage>> Answers = new()
    {
        ["nothing"] = () => throw new HttpRequestException("the cable"),
        ["a page"] = () => Told(HttpStatusCode.OK, Page, "text/html"),
        ["a page that is called text"] = () => Told(HttpStatusCode.OK, Page, "text/plain"),
        ["somebody's JSON"] = () => Told(HttpStatusCode.OK, "{\"status\":\"up\"}"),
        ["a proxy's page"] = () => Told(HttpStatusCode.ProxyAuthenticationRequired, Page, "text/html"),
        ["a gateway's page"] = () => Told(HttpStatusCode.BadGateway, Page, "text/html"),
        ["a firewall's page"] = () => Told(HttpStatusCode.Forbidden, Page, "text/html"),
        ["nothing with a 200"] = () => Told(HttpStatusCode.OK, ""),
        ["nothing that is said to be CBOR"] = () => Told(HttpStatusCode.OK, "", "application/cbor"),
        ["a way elsewhere"] = () => Elsewhere(HttpStatusCode.Found),
        ["a way to log in"] = () => Told(HttpStatusCode.Unauthorized, "", "text/plain"),
        ["a stranger's 404"] = () => Told(HttpStatusCode.NotFound, Page, "text/html"),
        ["gone, says a stranger"] = () => Told(HttpStatusCode.Gone, "{\"type\":\"about:blank\"}", ForeignType),
        ["too large, says a proxy"] = () => Told(HttpStatusCode.RequestEntityTooLarge, "<h1>413</h1>", "text/html"),
        ["too many, says a proxy"] = () => Told(HttpStatusCode.TooManyRequests, "slow down", "text/plain"),
        ["511"] = () => Told(HttpStatusCode.NetworkAuthenticationRequired, Page, "text/html"),
        ["another's problem"] = () => Told(
            HttpStatusCode.Conflict, "{\"type\":\"https://example.org/problems/conflict\"}", ForeignType),
        ["a problem of no type"] = () => Told(HttpStatusCode.Forbidden, "{\"title\":\"no\"}", ForeignType),
        ["a problem of a type that is none"] = () => Told(HttpStatusCode.Forbidden, "{\"type\":7}", ForeignType),
        ["internal"] = () => Problem(HttpStatusCode.InternalServerError, ProblemTypes.Internal),
        ["unavailable"] = () => Problem(HttpStatusCode.ServiceUnavailable, ProblemTypes.Unavailable),
        ["storage-full"] = () => Problem(HttpStatusCode.InsufficientStorage, ProblemTypes.StorageFull),
        ["a word of tomorrow's"] = () => Problem(HttpStatusCode.Conflict, "frozen"),
    };

    public static IEnumerable<object[]> Pairs => ChangingCall.All.Keys.SelectMany(
        _ => Answers.Keys, (call, answer) => new object[] { call, answer });

    public static TheoryData<string> Calls => [.. ChangingCall.All.Keys];

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task What_is_done_and_answered_so_is_found_by_a_look(string name, string answer)
    {
        var call = ChangingCall.All[name];
        using var world = await PrepareAsync(call);
        world.Relay.OnResponse = (request, response) => Replace(call, answer, request, response);

        var failure = await call.CallAsync(world);
        // What is stored ahead of a commit is looked at by nobody: it is stored once more.
        if (call.Path == "/v1/items/") Assert.IsType<ClientFailure.Transient>(failure);
        else Assert.Null(failure);
        Assert.Equal(failure is null, await IsThereAsync(call, world));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task What_never_arrives_and_is_answered_so_is_unknown_and_can_be_called_again(
        string name, string answer)
    {
        var call = ChangingCall.All[name];
        using var world = await PrepareAsync(call);
        var others = world.Relay.OnRequest;
        world.Relay.OnRequest = (request, body) =>
            call.Matches(request) ? Answers[answer]() : others?.Invoke(request, body);

        Assert.IsType<ClientFailure.Transient>(await call.CallAsync(world));
        Assert.False(await IsThereAsync(call, world));
        world.Relay.OnRequest = others;
        Assert.Null(await call.CallAsync(world));
        Assert.True(await IsThereAsync(call, world));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task What_is_answered_so_and_cannot_be_looked_at_is_unknown(string name, string answer)
    {
        var call = ChangingCall.All[name];
        using var world = await PrepareAsync(call);
        var (isOut, others) = (false, world.Relay.OnRequest);
        world.Relay.OnRequest = (request, body) => isOut && !call.Matches(request)
            ? throw new HttpRequestException("the cable") : others?.Invoke(request, body);
        world.Relay.OnResponse = (request, response) =>
        {
            isOut |= call.Matches(request);
            Replace(call, answer, request, response);
        };

        Assert.IsType<ClientFailure.Transient>(await call.CallAsync(world));
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_refusal_is_told_as_one_and_after_silence_it_is_none(string name)
    {
        var call = ChangingCall.All[name];
        using (var world = await PrepareAsync(call))
        {
            var others = world.Relay.OnRequest;
            world.Relay.OnRequest = (request, body) => call.Matches(request)
                ? Problem(HttpStatusCode.Forbidden, ProblemTypes.Forbidden) : others?.Invoke(request, body);
            var failure = await call.CallAsync(world);
            Assert.True(failure is ClientFailure.Refused or ClientFailure.VaultLost, $"{failure}");
            Assert.False(await IsThereAsync(call, world));
        }

        using (var world = await PrepareAsync(call))
        {
            var (attempts, others) = (0, world.Relay.OnRequest);
            world.Relay.OnRequest = (request, body) => !call.Matches(request) ? others?.Invoke(request, body)
                : ++attempts % 2 == 1 ? throw new HttpRequestException("the cable")
                : Problem(HttpStatusCode.Forbidden, ProblemTypes.Forbidden);
            Assert.IsType<ClientFailure.Transient>(await call.CallAsync(world));
            Assert.Equal(2, attempts);
        }
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_refusal_of_a_repeat_refuses_nothing_where_the_first_attempt_was_left_open(string name)
    {
        var call = ChangingCall.All[name];
        foreach (var answer in (string[])["nothing", "a gateway's page", "unavailable"])
        {
            using var world = await PrepareAsync(call);
            var (attempts, others) = (0, world.Relay.OnRequest);
            world.Relay.OnRequest = (request, body) => !call.Matches(request) ? others?.Invoke(request, body)
                : ++attempts % 2 == 0 ? Problem(HttpStatusCode.Forbidden, ProblemTypes.Forbidden)
                : others?.Invoke(request, body);
            world.Relay.OnResponse = (request, response) => Replace(call, answer, request, response);

            var failure = await call.CallAsync(world);
            if (call.Path == "/v1/items/") Assert.IsType<ClientFailure.Transient>(failure);
            else Assert.Null(failure);
            Assert.Equal(failure is null, await IsThereAsync(call, world));
        }
    }

    [Fact]
    public void Every_word_of_the_protocol_refuses_but_three_and_no_other_does()
    {
        var words = typeof(ProblemTypes).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => field.Name != nameof(ProblemTypes.Prefix)).Select(field => (string)field.GetValue(null)!)
            .ToList();
        Assert.True(words.Count > 20);
        Assert.Equal(
            [ProblemTypes.Internal, ProblemTypes.StorageFull, ProblemTypes.Unavailable],
            words.Where(word => !Refuses(ProblemTypes.Prefix + word)).Order(StringComparer.Ordinal));
        Assert.False(Refuses(ProblemTypes.Prefix + "frozen"));
        Assert.False(Refuses(ProblemTypes.Conflict));
        Assert.False(Refuses("about:blank"));
        Assert.False(Refuses(null));

        static bool Refuses(string? type) => Outcome.Of(new Answer.Problem(
            HttpStatusCode.Conflict, new ProblemJson { Type = type })) is Outcome<Answer.Success>.Refused;
    }

    private async Task<ChangingCall.World> PrepareAsync(ChangingCall call)
    {
        var world = new ChangingCall.World(fixture);
        await world.PrepareAsync(call);
        if (call.Path != "/v1/repair") return world;
        // The server says that it lost the vault, until it has been given back.
        world.Relay.OnRequest = (request, _) =>
        {
            var path = request.RequestUri!.AbsolutePath;
            world.IsRepaired |= path == call.Path;
            return path == "/v1/vault" && !world.IsRepaired
                ? Problem(HttpStatusCode.Conflict, ProblemTypes.VaultLost) : null;
        };
        return world;
    }

    private static async Task<bool> IsThereAsync(ChangingCall call, ChangingCall.World world)
    {
        using var seen = await world.ReadAsync();
        return seen is not null && call.IsThere(world, seen);
    }

    private static void Replace(
        ChangingCall call, string answer, HttpRequestMessage request, HttpResponseMessage response)
    {
        if (!call.Matches(request)) return;
        using var told = Answers[answer]();
        response.StatusCode = told.StatusCode;
        response.Content = told.Content;
        told.Content = null;
    }

    private static HttpResponseMessage Elsewhere(HttpStatusCode status)
    {
        var told = Told(status, "", "text/plain");
        told.Headers.Location = new Uri("http://login.hotel.invalid/");
        return told;
    }

    private static HttpResponseMessage Problem(HttpStatusCode status, string type) => Told(
        status, $$"""{"type":"{{ProblemTypes.Prefix}}{{type}}","title":"told"}""", "application/problem+json");

    private static HttpResponseMessage Told(HttpStatusCode status, string body, string type = "application/json") =>
        new(status) { Content = new StringContent(body, Encoding.UTF8, type) };
}
