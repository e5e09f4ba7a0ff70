using Serilog.Core;
using Serilog.Events;

namespace KeyRecovery.Api.Telemetry;

/// <summary>Takes away what the framework's scopes add to every line of a request: the raw path first of all.</summary>
internal sealed class ForgetRequestScope : ILogEventEnricher
{
    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        logEvent.RemovePropertyIfPresent("RequestPath");
        logEvent.RemovePropertyIfPresent("RequestId");
        logEvent.RemovePropertyIfPresent("ConnectionId");
    }
}
