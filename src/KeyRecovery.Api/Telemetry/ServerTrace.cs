using System.Diagnostics;

namespace KeyRecovery.Api.Telemetry;

/// <summary>Spans of our own, inside the request's: what was done and what came of it, and never for whom.</summary>
internal static class ServerTrace
{
    private static readonly ActivitySource Source = new(ServerMetrics.Name);

    /// <summary>Begins a span; null when nobody listens.</summary>
    public static Activity? Start(string operation) => Source.StartActivity($"{ServerMetrics.Name}.{operation}");

    public static void Outcome(this Activity? span, string outcome) => span?.SetTag("outcome", outcome);
}
