using KeyRecovery.Api.Options;
using OpenTelemetry.Metrics;

namespace KeyRecovery.Api.Hosting;

/// <summary>
/// <c>/metrics</c> on a listener of its own: whoever reaches the server reaches no figure there, and whoever reaches
/// the figures no account.
/// </summary>
internal sealed partial class PrometheusListener(
    KeyRecoveryOptions options, MeterProvider metrics, ILoggerFactory loggers) : IHostedService
{
    private WebApplication? _app;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(KestrelSetup.Configure).UseUrls(options.Prometheus.Listen!);
        builder.WebHost.UseSockets(KestrelSetup.Configure);
        builder.Services.AddSingleton(loggers);
        _app = builder.Build();
        _app.UseOpenTelemetryPrometheusScrapingEndpoint(metrics, null, null, null, null);
        await _app.StartAsync(cancellationToken);
        Listening(loggers.CreateLogger<PrometheusListener>(), _app.Urls);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_app is null) return;
        await _app.StopAsync(cancellationToken);
        await _app.DisposeAsync();
    }

    // Not as the server's own line, for which others wait.
    [LoggerMessage(5, LogLevel.Information, "Metrics at {MetricsAddresses}", EventName = "Metrics")]
    private static partial void Listening(ILogger logger, IEnumerable<string> metricsAddresses);
}
