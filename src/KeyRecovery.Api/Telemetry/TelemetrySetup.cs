using System.Reflection;
using KeyRecovery.Api.Options;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace KeyRecovery.Api.Telemetry;

/// <summary>
/// OpenTelemetry: traces and metrics sent by OTLP where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says where to, metrics kept
/// for Prometheus where <see cref="PrometheusOptions.Listen"/> is set, and otherwise absent.
/// </summary>
internal static class TelemetrySetup
{
    /// <summary><c>service.name</c>, unless <c>OTEL_SERVICE_NAME</c> says otherwise.</summary>
    public const string ServiceName = "keyrecovery";

    public static void AddTelemetry(
        this IServiceCollection services, IConfiguration configuration, KeyRecoveryOptions options)
    {
        services.AddMetrics();
        services.AddSingleton<ServerMetrics>();
        var isSent = !string.IsNullOrWhiteSpace(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        var isAsked = options.Prometheus.Listen is not null;
        if (!isSent && !isAsked) return;

        var telemetry = services.AddOpenTelemetry().ConfigureResource(Name).WithMetrics(metrics =>
        {
            metrics.AddMeter(ServerMetrics.Name)
                // How the accounts of Azure Cosmos DB answer.
                .AddMeter("Polly")
                .AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel")
                .AddRuntimeInstrumentation();
            if (isSent) metrics.AddOtlpExporter();
            if (isAsked) metrics.AddPrometheusExporter();
        });
        if (isSent) telemetry.WithTracing(traces => traces
            .AddSource(ServerMetrics.Name)
            .AddAspNetCoreInstrumentation(tracing => tracing.EnrichWithHttpRequest = ForgetTheCaller)
            .AddOtlpExporter());
    }

    // The environment's word comes last, and wins.
    private static void Name(ResourceBuilder resource) => resource
        .AddService(ServiceName, serviceVersion: typeof(TelemetrySetup).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion)
        .AddEnvironmentVariableDetector();

    // Traces leave the machine: they name the route's template, and neither path, query nor agent.
    private static void ForgetTheCaller(System.Diagnostics.Activity activity, HttpRequest request)
    {
        foreach (var tag in (ReadOnlySpan<string>)[
            "url.path", "url.query", "user_agent.original", "client.address", "server.address",
        ])
            activity.SetTag(tag, null);
    }
}
