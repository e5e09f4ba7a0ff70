using Serilog.Core;
using Serilog.Events;

namespace KeyRecovery.Api.Telemetry;

/// <summary>
/// When a start has failed the host tells of each service of it that was called off, at <c>Error</c> and <c>Fatal</c>:
/// the one line that says why would stand before a page of them.
/// </summary>
internal sealed class CancelledStart : ILogEventFilter
{
    private volatile bool _hasFailed;

    public bool IsEnabled(LogEvent logEvent)
    {
        if (logEvent.Properties.GetValueOrDefault("SourceContext")
            is not ScalarValue { Value: "Microsoft.Extensions.Hosting.Internal.Host" })
            return true;
        if (NameOf(logEvent) == "HostedServiceStartupFaulted") _hasFailed = true;
        return !(_hasFailed && logEvent.Exception is OperationCanceledException or ObjectDisposedException
            && NameOf(logEvent)?.StartsWith("BackgroundService", StringComparison.Ordinal) == true);
    }

    private static string? NameOf(LogEvent line) =>
        (line.Properties.GetValueOrDefault("EventId") as StructureValue)?.Properties
            .FirstOrDefault(property => property.Name == "Name")?.Value is ScalarValue { Value: string name }
            ? name : null;
}
