using System.Net;
using KeyRecovery.Client.Http;

namespace KeyRecovery.Client.Tests.Http;

/// <summary>What is asked again, how often, and after which pause.</summary>
public sealed class RepeatsTests
{
    private static readonly Answer Away = new Answer.Unreachable("no route", NetworkCause.Unknown);

    [Fact]
    public void What_passes_is_asked_again_and_what_stands_is_not()
    {
        var repeated = Enum.GetValues<HttpStatusCode>().Distinct()
            .Where(status => Of().PauseAfter(Refused(status), 1) is not null);
        Assert.Equal(
            [
                HttpStatusCode.RequestTimeout, HttpStatusCode.TooManyRequests, HttpStatusCode.BadGateway,
                HttpStatusCode.ServiceUnavailable, HttpStatusCode.GatewayTimeout,
            ],
            repeated);
        Assert.NotNull(Of().PauseAfter(Away, 1));
        Assert.Null(Of().PauseAfter(new Answer.Success(HttpStatusCode.OK, []), 1));
    }

    [Theory]
    [InlineData(int.MinValue, 1)]
    [InlineData(1, 1)]
    [InlineData(4, 4)]
    public void So_often_in_all_and_no_more(int attempts, int sent)
    {
        Assert.Null(Of(attempts).PauseAfter(Away, sent));
        Assert.NotNull(Of(sent + 1).PauseAfter(Away, sent));
    }

    [Fact]
    public void The_pause_that_is_asked_for_is_kept_to_and_a_long_one_ends_the_call()
    {
        Assert.Equal(TimeSpan.Zero, Of().PauseAfter(Busy(0), 3));
        Assert.Equal(TimeSpan.FromSeconds(10), Of().PauseAfter(Busy(10_000), 1));
        Assert.Null(Of().PauseAfter(Busy(10_001), 1));
        Assert.Null(Of().PauseAfter(Busy(long.MaxValue), 1));
        // Who asks for less than nothing asks for nothing.
        Assert.InRange(
            Of().PauseAfter(Busy(long.MinValue), 1)!.Value, TimeSpan.FromMilliseconds(125),
            TimeSpan.FromMilliseconds(375));
    }

    [Fact]
    public void A_pause_is_about_twice_the_last_one_by_chance_and_never_above_ten_seconds()
    {
        for (var (sent, middle) = (1, 0.25); sent <= 6; sent++, middle *= 2)
        {
            var pauses = Enumerable.Range(0, 200).Select(_ => Of().PauseAfter(Away, sent)!.Value.TotalSeconds).ToList();
            Assert.All(pauses, pause => Assert.InRange(
                pause, Math.Min(10, middle * 0.5) - 0.001, Math.Min(10, middle * 1.5)));
            Assert.True(pauses.Distinct().Count() > 1, $"of {sent} all are the same");
        }
    }

    [Fact]
    public void No_number_of_repeats_and_no_first_pause_is_too_much()
    {
        var endless = Of(int.MaxValue);
        Assert.Equal(TimeSpan.FromSeconds(10), endless.PauseAfter(Away, int.MaxValue - 1));
        Assert.Equal(TimeSpan.FromSeconds(10), Of(delay: TimeSpan.MaxValue).PauseAfter(Away, 1));
        Assert.Equal(TimeSpan.Zero, Of(delay: TimeSpan.MinValue).PauseAfter(Away, 1));
        Assert.Equal(TimeSpan.Zero, Of(int.MaxValue, TimeSpan.Zero).PauseAfter(Away, 2_000));
    }

    private static Repeats Of(int attempts = 40, TimeSpan? delay = null)
    {
        var options = new KeyRecoveryOptions
        {
            Server = new("https://keys.example.org"), App = "demo", Attempts = attempts,
        };
        return new(delay is { } first ? options with { RetryDelay = first } : options);
    }

    private static Answer.Problem Refused(HttpStatusCode status) => new(status, new ProblemJson());

    private static Answer.Problem Busy(long milliseconds) =>
        new(HttpStatusCode.ServiceUnavailable, new ProblemJson { RetryAfterMs = milliseconds });
}
