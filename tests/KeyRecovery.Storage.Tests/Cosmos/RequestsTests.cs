using System.Net;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos.Connections;
using KeyRecovery.Storage.Cosmos.Options;
using KeyRecovery.Storage.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace KeyRecovery.Storage.Tests.Cosmos;

/// <summary>How often an account is asked, for how long, and when not at all: by a clock that the test moves.</summary>
public sealed class RequestsTests
{
    private static readonly Answer Done = new(HttpStatusCode.OK, 0);
    private static readonly Answer Silent = new(HttpStatusCode.ServiceUnavailable, 0);
    private static readonly RowKey Key = new(Table.Items, new byte[] { 1 });

    private readonly FakeTimeProvider _time = new();
    private readonly RecordingLoggers _lines = new();
    private readonly RequestLimits _limits = new();
    private readonly Requests _requests;
    private int _attempts;

    public RequestsTests()
    {
        var options = new CosmosAccountOptions
        {
            Endpoint = new Uri("https://account.invalid/"), Database = "none", Requests = _limits, Time = _time,
        };
        _requests = new Requests(options, "key store", _lines.CreateLogger("store"));
    }

    private static Answer Status(int status, int sub = 0, int? wait = null) => new((HttpStatusCode)status, sub)
    {
        Wait = wait is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null,
    };

    /// <summary>Answers in turn; the last one for good. Null never answers.</summary>
    private Task<Answer> RunAsync(params Answer?[] answers)
    {
        var first = _attempts;
        return _requests.RunAsync(
            async ct =>
            {
                var answer = answers[Math.Min(_attempts++ - first, answers.Length - 1)];
                return answer ?? await NeverAsync(ct).ConfigureAwait(false);
            },
            default);
    }

    private static async Task<Answer> NeverAsync(CancellationToken ct)
    {
        var never = new TaskCompletionSource<Answer>();
        await using var end = ct.Register(() => never.TrySetCanceled(ct)).ConfigureAwait(false);
        return await never.Task.ConfigureAwait(false);
    }

    /// <summary>
    /// Moves the clock in steps until it is answered. What a timer sets free runs to its next wait before the clock
    /// goes on: on this thread, which has no context of the test's.
    /// </summary>
    /// <returns>The answer, and how long it took.</returns>
    private async Task<(Answer Answer, TimeSpan Took)> EndAsync(Task<Answer> run)
    {
        var start = _time.GetUtcNow();
        await Task.Run(() =>
        {
            while (!run.IsCompleted) _time.Advance(TimeSpan.FromMilliseconds(50));
        });
        return (await run, _time.GetUtcNow() - start);
    }

    [Theory]
    [InlineData(429, 3200, false)]
    [InlineData(449, 0, false)]
    [InlineData(503, 0, true)]
    [InlineData(408, 0, true)]
    [InlineData(410, 0, true)]
    [InlineData(404, 1002, false)]
    [InlineData(0, 0, true)]
    public async Task What_passes_is_asked_again_and_what_may_be_done_is_remembered(int status, int sub, bool mayBeDone)
    {
        var first = status == 0 ? new Answer(0, 0, Cause: new IOException()) : Status(status, sub);
        var (answer, took) = await EndAsync(RunAsync(first, Done));
        Assert.Equal((HttpStatusCode.OK, mayBeDone, 2), (answer.Status, answer.MayBeDone, _attempts));
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData(200, 0)]
    [InlineData(400, 0)]
    [InlineData(401, 0)]
    [InlineData(403, 1014)]
    [InlineData(404, 0)]
    [InlineData(404, 1003)]
    [InlineData(409, 0)]
    [InlineData(412, 0)]
    [InlineData(413, 0)]
    [InlineData(500, 0)]
    [InlineData(302, 0)]
    public async Task What_does_not_pass_is_asked_once(int status, int sub)
    {
        var (answer, took) = await EndAsync(RunAsync(Status(status, sub)));
        Assert.Equal((status, 1, TimeSpan.Zero), ((int)answer.Status, _attempts, took));
        Assert.Equal(status == 500, answer.MayBeDone);
    }

    [Fact]
    public async Task A_busy_account_is_left_alone_as_long_as_it_wants()
    {
        var (answer, took) = await EndAsync(RunAsync(Status(429, 3200, wait: 2_500), Done));
        Assert.False(answer.MayBeDone);
        Assert.InRange(took, TimeSpan.FromSeconds(2.5), TimeSpan.FromSeconds(2.6));
    }

    [Fact]
    public async Task Who_wants_to_be_left_alone_for_longer_than_a_caller_waits_is_busy_at_once()
    {
        var (answer, took) = await EndAsync(RunAsync(Status(429, 3200, wait: 60_000)));
        Assert.Equal((StoreFault.Busy, 1, TimeSpan.Zero), (StepTable.FaultOf(answer), _attempts, took));
    }

    [Fact]
    public async Task Retries_end_after_their_number_or_their_budget_and_what_was_never_done_stays_busy()
    {
        var (answer, took) = await EndAsync(RunAsync(Status(429, 3200)));
        Assert.Equal(StoreFault.Busy, StepTable.FaultOf(answer));
        Assert.InRange(_attempts, 4, _limits.Retries + 1);
        Assert.InRange(took, TimeSpan.FromSeconds(1), _limits.Budget + TimeSpan.FromSeconds(1));
        _attempts = 0;
        (answer, took) = await EndAsync(RunAsync(Status(429, 3200, wait: 2_900)));
        Assert.Equal(StoreFault.Busy, StepTable.FaultOf(answer));
        Assert.Equal((7, true), (_attempts, took >= _limits.Budget));
    }

    [Fact]
    public async Task An_attempt_ends_by_itself_and_all_of_them_within_the_budget()
    {
        var (answer, took) = await EndAsync(RunAsync(null, Done));
        Assert.Equal((HttpStatusCode.OK, true), (answer.Status, answer.MayBeDone));
        Assert.InRange(took, _limits.Attempt, _limits.Attempt + TimeSpan.FromSeconds(1));
        (answer, took) = await EndAsync(RunAsync([null]));
        Assert.IsType<TimeoutRejectedException>(answer.Cause);
        Assert.Equal((StoreFault.Failed, true), (StepTable.FaultOf(answer), answer.MayBeDone));
        Assert.InRange(took, _limits.Budget, _limits.Budget + TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_region_that_is_gone_is_answered_for_at_once_until_it_is_back()
    {
        for (var i = 0; i < 2; i++) await EndAsync(RunAsync(Silent));
        var asked = _attempts;
        var (answer, took) = await EndAsync(RunAsync(Done));
        Assert.IsType<BrokenCircuitException>(answer.Cause, exactMatch: false);
        Assert.Equal((asked, TimeSpan.Zero, StoreFault.Failed), (_attempts, took, StepTable.FaultOf(answer)));
        Assert.False(answer.MayBeDone);

        // Half open: one request looks, the others are not sent; it is still gone.
        _time.Advance(_limits.Pause);
        var look = RunAsync(null, Done);
        Assert.True((await EndAsync(RunAsync(Done))).Answer.IsHeld);
        Assert.Equal(asked + 1, _attempts);
        Assert.True((await EndAsync(look)).Answer.MayBeDone);
        Assert.Single(_lines.Lines, line => line.Contains("does not answer", StringComparison.Ordinal));

        // It is back.
        _time.Advance(_limits.Pause);
        Assert.Equal(HttpStatusCode.OK, (await EndAsync(RunAsync(Done))).Answer.Status);
        Assert.Equal(HttpStatusCode.OK, (await EndAsync(RunAsync(Done))).Answer.Status);
        Assert.Equal(2, _lines.Lines.Count);
        Assert.Contains("answers again", _lines.Lines.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_busy_account_is_there_and_is_asked_on()
    {
        for (var i = 0; i < 20; i++) await EndAsync(RunAsync(Status(429, 3200, wait: 60_000)));
        Assert.Equal(HttpStatusCode.OK, (await EndAsync(RunAsync(Done))).Answer.Status);
        Assert.Empty(_lines.Lines);
    }

    [Fact]
    public async Task Whoever_goes_away_neither_ends_a_request_nor_opens_the_circuit()
    {
        using var gone = new CancellationTokenSource();
        var wait = new TaskCompletionSource<Answer>();
        var asked = Enumerable.Range(0, 20).Select(_ => _requests.RunAsync(_ => wait.Task, gone.Token)).ToList();
        await gone.CancelAsync();
        foreach (var one in asked) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _requests.RunAsync(_ => wait.Task, gone.Token));
        wait.SetResult(Done);
        Assert.Equal(HttpStatusCode.OK, (await EndAsync(RunAsync(Done))).Answer.Status);
    }

    public static TheoryData<int, int, StoreFault> Certain => new()
    {
        { 429, 3200, StoreFault.Busy }, { 449, 0, StoreFault.Busy }, { 403, 1014, StoreFault.Full },
    };

    [Theory]
    [MemberData(nameof(Certain))]
    public void What_is_certainly_not_done_is_not_certain_behind_an_attempt_that_may_have_done_it(
        int status, int sub, StoreFault fault)
    {
        Assert.Equal(fault, StepTable.FaultOf(Status(status, sub)));
        Assert.Equal(StoreFault.Failed, StepTable.FaultOf(Status(status, sub) with { MayBeDone = true }));
    }

    [Fact]
    public void A_refusal_behind_such_an_attempt_is_none_and_a_success_is_one()
    {
        var row = new Row(Key, default, 1, 1, RowToken.Of("x"));
        (RowWrite Step, int Refusal, int Success)[] steps =
        [
            (new RowWrite.Create(Key, default), 409, 201), (new RowWrite.Replace(row, default), 412, 200),
            (new RowWrite.Replace(row, default), 404, 200), (new RowWrite.Delete(row), 412, 204),
            (new RowWrite.Delete(row), 404, 204),
        ];
        foreach (var (step, refusal, success) in steps)
        {
            Assert.False(StepTable.IsDone(step, Status(refusal)));
            Assert.Null(StepTable.IsDone(step, Status(refusal) with { MayBeDone = true }));
            Assert.True(StepTable.IsDone(step, Status(success) with { MayBeDone = true }));
        }

        Assert.True(StepTable.IsDone(new RowWrite.Remove(Key), Status(404) with { MayBeDone = true }));
    }
}
