using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Benchmarks;

/// <summary>A Kestrel that does nothing, in a process of its own: what a request costs at least.</summary>
internal sealed class NullServer : IAsyncDisposable
{
    private readonly Process _process;

    private NullServer(Process process, Uri address)
    {
        _process = process;
        Address = address;
    }

    public Uri Address { get; }

    public static async Task RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.MapGet("/null", () => TypedResults.StatusCode(StatusCodes.Status304NotModified));
        await app.StartAsync();
        Console.WriteLine(app.Urls.First());
        // The parent's end of the pipe closes when it is done, or dies.
        await Console.In.ReadToEndAsync();
    }

    public static async Task<NullServer> StartAsync()
    {
        var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(NullServer).Assembly.Location, "null-server"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        return new NullServer(process, new Uri((await process.StandardOutput.ReadLineAsync())!));
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
