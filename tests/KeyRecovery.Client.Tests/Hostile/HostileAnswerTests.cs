using System.Net;
using System.Text;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Hostile;

/// <summary>
/// F18: numbers, lists and members of a server's answers taken as they are. No exception leaves the SDK, whatever is in
/// one place of an honest answer, or of a problem; and what was done is not told as refused.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class HostileAnswerTests(ServerFixture fixture) : IAsyncLifetime
{
    private readonly TestDevice _phone = new(
        fixture.Server.Address, adjust: options => options with { Attempts = 1 });
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private VaultSession _vault = null!;

    /// <summary>What a session asks for, and the path of the answer that is changed.</summary>
    private static readonly Dictionary<string, (string Path, Func<VaultSession, Task<ClientFailure?>> Ask)> Calls =
        new()
    {
        ["put"] = ("/v1/commits", async vault => FailureOf(await vault.PutAsync("a", new byte[1]))),
        ["history"] = ("/versions", async vault => FailureOf(await vault.HistoryAsync("a"))),
        ["older version"] = ("/versions", async vault => FailureOf(await vault.GetAsync("a", version: 1))),
        ["points"] = ("/v1/restore-points", async vault => FailureOf(await vault.ListRestorePointsAsync())),
        ["writers"] = ("/v1/items", async vault => FailureOf(await vault.PlanUndoAsync(
            new UndoRequest(TestDevice.Value(await vault.ListRestorePointsAsync())[0])))),
        ["activity"] = ("/v1/activity", async vault => FailureOf(await vault.Log.ActivityAsync())),
        ["erasure"] = ("/v1/erasure", async vault => FailureOf(await vault.ErasureStatusAsync())),
    };

    public static TheoryData<string> Names => [.. Calls.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task F18_whatever_stands_in_one_place_of_an_answer_is_taken_or_told(string name)
    {
        var (path, ask) = Calls[name];
        byte[]? honest = null;
        _phone.Relay.OnAnswer = (request, body) => Is(request, path) ? honest = body : body;
        Assert.Null(await ask(_vault));
        var told = 0;
        foreach (var (lie, body) in HostileJson.Of(honest!))
        {
            var changed = false;
            _phone.Relay.OnAnswer = (request, answer) =>
            {
                if (changed || !Is(request, path)) return answer;
                changed = true;
                return body;
            };
            var failure = await Record(lie, () => ask(_vault));
            Assert.True(changed, lie);
            if (failure is not null) told++;
            // A commit that was taken is found out as such.
            if (name == "put") Assert.Null(failure);
        }

        if (name != "put") Assert.True(told > 10, $"{told} were told");
        _phone.Relay.OnAnswer = null;
        Assert.Null(await ask(_vault));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Json_of_somebody_else_is_no_lie_of_the_server(string name)
    {
        var (path, ask) = Calls[name];
        foreach (var other in (string[])[
            """{"status":"up"}""", "{}", "[]", "null", "\"ok\"", "42", "",
            """{"portal":{"url":"https://login.invalid"}}""",
        ])
        {
            var came = false;
            _phone.Relay.OnAnswer = (request, answer) =>
            {
                if (!Is(request, path)) return answer;
                came = true;
                return Encoding.UTF8.GetBytes(other);
            };
            var failure = await ask(_vault);
            Assert.True(came, other);
            // A commit that was taken is found out as such.
            if (name == "put") Assert.Null(failure);
            else Assert.Equal(NetworkCause.Middlebox, Assert.IsType<ClientFailure.Transient>(failure).Cause);
        }
        _phone.Relay.OnAnswer = null;
        Assert.Null(await ask(_vault));
    }

    [Theory]
    [InlineData("/audit/key")]
    [InlineData("/v1/links")]
    public async Task Json_of_somebody_else_is_no_lie_where_a_device_comes_in_either(string path)
    {
        using var laptop = new TestDevice(fixture.Server.Address, adjust: options => options with { Attempts = 1 });
        foreach (var relay in new[] { _phone.Relay, laptop.Relay })
            relay.OnAnswer = (request, answer) => Is(request, path) ? """{"status":"up"}"""u8.ToArray() : answer;
        var failure = path == "/v1/links"
            ? TestDevice.Failure(await _vault.BeginLinkAsync())
            : TestDevice.Failure(await laptop.Client.BeginRecoveryAsync(_code));
        Assert.Equal(NetworkCause.Middlebox, Assert.IsType<ClientFailure.Transient>(failure).Cause);
        (_phone.Relay.OnAnswer, laptop.Relay.OnAnswer) = (null, null);
        using var recovery = TestDevice.Value(await laptop.Client.BeginRecoveryAsync(_code));
        await using var link = TestDevice.Value(await _vault.BeginLinkAsync());
    }

    [Fact]
    public async Task F18_whatever_stands_in_one_place_of_a_problem_is_told_as_a_failure()
    {
        var types = typeof(ProblemTypes).GetFields().Select(f => (string)f.GetRawConstantValue()!)
            .Where(type => type != ProblemTypes.Prefix).ToList();
        Assert.True(types.Count > 20);
        foreach (var type in types)
        {
            var honest = Encoding.UTF8.GetBytes($$"""
                {"type":"{{ProblemTypes.Prefix}}{{type}}","title":"t","status":400,"field":"f","rule":"r",
                "serverTime":1,"retryAfterMs":1,"trustedFrom":1,"guessesLeft":1,"limit":1,"used":1,"nextAttemptInMs":1,
                "receipt":"AA",
                "restored":["AA"],"heads":{},"head":"AA"}
                """);
            foreach (var (lie, body) in HostileJson.Of(honest))
            {
                _phone.Relay.OnRequest = (_, _) => new HttpResponseMessage(HttpStatusCode.ServiceUnavailable)
                {
                    Content = new ByteArrayContent(body),
                };
                var failure = await Record($"{type}: {lie}", async () => FailureOf(await _vault.RefreshAsync()));
                Assert.NotNull(failure);
                Assert.InRange(
                    (failure as ClientFailure.Transient)?.RetryAfter ?? default, default, ToldTime.LongestWait);
            }
        }

        // The clock that it told last is put right by the next one that holds.
        _phone.Relay.OnRequest = null;
        TestDevice.Value(await _vault.RefreshAsync());
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("9223372036854775807")]
    [InlineData("null")]
    public async Task F18_a_link_that_lives_for_ever_or_never_is_bounded_or_told(string left)
    {
        _phone.Relay.OnAnswer = (request, body) =>
            Is(request, "/v1/links") ? Encoding.UTF8.GetBytes($$"""{"expiresInMs":{{left}}}""") : body;
        var begun = await _vault.BeginLinkAsync();
        if (begun is not Result<ExistingDeviceLink>.Ok { Value: var link }) return;
        await using (link) Assert.InRange(link.ExpiresIn, TimeSpan.Zero, ToldTime.LongestWait);
        Assert.NotEqual("null", left);
    }

    public async Task InitializeAsync()
    {
        _vault = await _phone.CreateAsync(
            await fixture.Server.TokenAsync(Canary.NewText()), _code, "phone", new ItemEdit.Put("a", new byte[1]));
        TestDevice.Value(await _vault.PutAsync("a", new byte[2]));
        // A link before which there is a point.
        using var other = RecoveryCode.Generate(SystemRandom.Instance);
        TestDevice.Value(await _vault.AddCodeAsync(other));
    }

    public Task DisposeAsync()
    {
        _vault.Dispose();
        _phone.Dispose();
        _code.Dispose();
        return Task.CompletedTask;
    }

    private static bool Is(HttpRequestMessage request, string path) =>
        request.RequestUri!.AbsolutePath.EndsWith(path, StringComparison.Ordinal);

    private static ClientFailure? FailureOf<T>(Result<T> result) =>
        result is Result<T>.Failed failed ? failed.Failure : null;

    private static async Task<T> Record<T>(string lie, Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception escaped)
        {
            throw new Xunit.Sdk.XunitException($"{lie}: {escaped}");
        }
    }
}
