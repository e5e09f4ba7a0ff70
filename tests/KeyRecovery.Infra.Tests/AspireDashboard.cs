using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Infra.Tests;

/// <summary>
/// The dashboard of .NET Aspire by itself: it takes OTLP by gRPC and by HTTP, and tells what it has read.
/// </summary>
internal sealed class AspireDashboard : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly HttpClient _http = new();
    private readonly Process _process;

    public AspireDashboard()
    {
        var (page, grpc, http) = (Address(), Address(), Address());
        (_http.BaseAddress, Grpc, Http) = (new Uri(page), grpc, http);
        var start = new ProcessStartInfo(Infra.Aspire)
        {
            WorkingDirectory = Path.GetDirectoryName(Infra.Aspire), RedirectStandardOutput = true,
        };
        foreach (var (name, value) in new[]
        {
            ("ASPNETCORE_URLS", page), ("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", grpc),
            ("ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL", http), ("DASHBOARD__API__ENABLED", "true"),
            ("DASHBOARD__FRONTEND__AUTHMODE", "Unsecured"), ("DASHBOARD__OTLP__AUTHMODE", "Unsecured"),
            ("DASHBOARD__API__AUTHMODE", "Unsecured"), ("HOME", _folder.Path),
        })
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _ = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
    }

    /// <summary>Where it takes OTLP by gRPC.</summary>
    public string Grpc { get; }

    /// <summary>Where it takes OTLP by HTTP, in protobuf.</summary>
    public string Http { get; }

    /// <summary>The spans that it has read of a service, once a text is among them.</summary>
    public async Task<string> SpansAsync(string service, string text) => $"{await WaitForAsync(
        $"api/telemetry/spans?resource={service}", told => $"{told}".Contains(text, StringComparison.Ordinal))}";

    /// <summary>Waits until it has figures of a service.</summary>
    public Task WaitForFiguresAsync(string service) => WaitForAsync(
        "api/telemetry/resources", told => told.EnumerateArray().Any(resource =>
            resource.GetProperty("name").GetString() == service && resource.GetProperty("hasMetrics").GetBoolean()));

    private async Task<JsonElement> WaitForAsync(string path, Predicate<JsonElement> isThere)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            try
            {
                var told = await _http.GetFromJsonAsync<JsonElement>(path, limit.Token);
                if (isThere(told)) return told;
            }
            catch (HttpRequestException) when (!_process.HasExited)
            {
                // It does not listen yet, or knows nobody of that name.
            }

            await Task.Delay(200, limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _http.Dispose();
        _folder.Dispose();
    }

    private static string Address() => $"http://127.0.0.1:{FreePort.Next()}";
}
