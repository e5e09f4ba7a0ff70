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

    public int Id => _process.Id;

    public static async Task RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.MapGet("/null", () => TypedResults.StatusCode(StatusCodes.Status304NotModified));
        app.MapGet("/wait", async (int waitMs, HttpContext context) =>
        {
            await Task.Delay(waitMs, context.RequestAborted);
            return TypedResults.NoContent();
        });
        await app.StartAsync();
        Console.WriteLine(app.Urls.First());
        // The parent's end of the pipe closes when it is done, or dies.
        await Console.In.ReadToEndAsync();
    }

    /// <summary>Starts it.</summary>
    /// <param name="likeTheHost">With the garbage collector that the host has, where memory is compared.</param>
    public static async Task<NullServer> StartAsync(bool likeTheHost = false)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(NullServer).Assembly.Location, "null-server"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        if (likeTheHost) start.Environment["DOTNET_gcServer"] = "1";
        var process = Process.Start(start)!;
        return new NullServer(process, new Uri((await process.StandardOutput.ReadLineAsync())!));
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
