using System.Diagnostics;

namespace KeyRecovery.EndToEnd.Tests.Memory;

/// <summary>A <see cref="ClientLife"/> that is told what to do.</summary>
internal sealed class ClientProcess(Uri server, string folder) : IDisposable
{
    private readonly Process _process = Process.Start(
        new ProcessStartInfo("dotnet", [typeof(ClientLife).Assembly.Location, server.AbsoluteUri, folder])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;

    public int Id => _process.Id;

    /// <summary>Does a flow to its end.</summary>
    public async Task DoAsync(string flow)
    {
        await _process.StandardInput.WriteLineAsync(flow);
        await _process.StandardInput.FlushAsync();
        var answer = await _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2));
        Assert.True(answer == "done", $"{flow}: {answer ?? await _process.StandardError.ReadToEndAsync()}");
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}
