using KeyRecovery.Storage.Cosmos.Options;
using KeyRecovery.Storage.Cosmos.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Telemetry;
using Polly.Timeout;

namespace KeyRecovery.Storage.Cosmos.Connections;

/// <summary>
/// How an account is asked, the same way for all requests: within a budget, again after a pause, each attempt within
/// its own time, and not at all while nobody answers. A write is made again as well. Its condition keeps it from being
/// done twice, and an answer says whether an attempt before it may have done it.
/// </summary>
internal sealed class Requests
{
    private readonly ResiliencePipeline<Answer> _pipeline;
    private readonly string _role;
    private readonly ILogger _logger;
    private bool _isOpen;

    /// <summary>The way to one account.</summary>
    /// <param name="options">The account.</param>
    /// <param name="role">Its name in messages.</param>
    /// <param name="logger">Told when nobody answers, and when somebody does again.</param>
    public Requests(CosmosAccountOptions options, string role, ILogger logger)
    {
        (_role, _logger) = (role, logger);
        _pipeline = Build(options.Requests, options.Time);
    }

    /// <summary>Makes a request.</summary>
    /// <param name="attempt">
    /// Makes it once. Throws only where its token says so, and ends when that does.
    /// </param>
    /// <param name="ct">
    /// Ends the wait for it, and not the request: whether somebody answers is not for its caller to say.
    /// </param>
    /// <exception cref="OperationCanceledException">Only where <paramref name="ct"/> says so.</exception>
    public Task<Answer> RunAsync(Func<CancellationToken, Task<Answer>> attempt, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return RunAsync(attempt).WaitAsync(ct);
    }

    private async Task<Answer> RunAsync(Func<CancellationToken, Task<Answer>> attempt)
    {
        var mayBeDone = false;
        Answer? last = null;
        try
        {
            var answer = await _pipeline.ExecuteAsync(AttemptAsync).ConfigureAwait(false);
            return answer with { MayBeDone = mayBeDone };
        }
        catch (Exception) when (last is not null && !mayBeDone)
        {
            // The budget has ended in a pause.
            return last;
        }
        catch (Exception e) when (e is TimeoutRejectedException or BrokenCircuitException or OperationCanceledException)
        {
            return new Answer(0, 0, Cause: e) { MayBeDone = mayBeDone };
        }

        async ValueTask<Answer> AttemptAsync(CancellationToken token)
        {
            var before = mayBeDone;
            mayBeDone = true;
            var answer = await attempt(token).ConfigureAwait(false);
            mayBeDone = before || answer.MayBeDone || !StepTable.IsTold(answer);
            return last = answer;
        }
    }

    private ResiliencePipeline<Answer> Build(RequestLimits limits, TimeProvider time) =>
        new ResiliencePipelineBuilder<Answer> { Name = "cosmos", InstanceName = _role, TimeProvider = time }
            // Metrics alone: a line for each attempt would bury those that an operator needs.
            .ConfigureTelemetry(new TelemetryOptions { LoggerFactory = NullLoggerFactory.Instance })
            .AddTimeout(new TimeoutStrategyOptions { Name = "budget", Timeout = limits.Budget })
            .AddRetry(new RetryStrategyOptions<Answer>
            {
                Name = "retry",
                MaxRetryAttempts = limits.Retries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = limits.FirstWait,
                MaxDelay = limits.LongestWait,
                DelayGenerator = args => new(args.Outcome.Result?.Wait),
                ShouldHandle = args => new(args.Outcome switch
                {
                    { Exception: TimeoutRejectedException } => true,
                    { Result: { } answer } => StepTable.Passes(answer) && !(answer.Wait > limits.LongestWait),
                    _ => false,
                }),
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<Answer>
            {
                Name = "circuit",
                FailureRatio = limits.SilentShare,
                MinimumThroughput = limits.LeastAttempts,
                SamplingDuration = limits.Window,
                BreakDuration = limits.Pause,
                // An attempt that the budget ends has waited in vain as well.
                ShouldHandle = args => new(args.Outcome switch
                {
                    { Exception: TimeoutRejectedException or OperationCanceledException } => true,
                    { Result: { } answer } => StepTable.IsSilence(answer),
                    _ => false,
                }),
                OnOpened = args =>
                {
                    var was = args.Outcome.Result?.Words ?? "no answer in time";
                    if (!Interlocked.Exchange(ref _isOpen, true))
                        Log.CircuitOpened(_logger, _role, was, args.BreakDuration.TotalSeconds);
                    return default;
                },
                OnClosed = _ =>
                {
                    if (Interlocked.Exchange(ref _isOpen, false)) Log.CircuitClosed(_logger, _role);
                    return default;
                },
            })
            .AddTimeout(new TimeoutStrategyOptions { Name = "attempt", Timeout = limits.Attempt })
            .Build();
}
