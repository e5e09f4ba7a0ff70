using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace KeyRecovery.Api.Telemetry;

/// <summary>
/// OpenTelemetry, exported by OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says where to, and otherwise absent.
/// </summary>
internal static class TelemetrySetup
{
    public static void AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddMetrics();
        services.AddSingleton<ServerMetrics>();
        if (string.IsNullOrWhiteSpace(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"])) return;

        services.AddOpenTelemetry()
            .WithTracing(traces => traces
                .AddSource(ServerMetrics.Name)
                .AddAspNetCoreInstrumentation(options => options.EnrichWithHttpRequest = ForgetTheCaller)
                .AddOtlpExporter())
            .WithMetrics(metrics => metrics
                .AddMeter(ServerMetrics.Name)
                // How the accounts of Azure Cosmos DB answer.
                .AddMeter("Polly")
                .AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel")
                .AddRuntimeInstrumentation()
                .AddOtlpExporter());
    }

    // Traces leave the machine: they name the route's template, and neither path, query nor agent.
    private static void ForgetTheCaller(System.Diagnostics.Activity activity, HttpRequest request)
    {
        foreach (var tag in (ReadOnlySpan<string>)[
            "url.path", "url.query", "user_agent.original", "client.address", "server.address",
        ])
            activity.SetTag(tag, null);
    }
}
