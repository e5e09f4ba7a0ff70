using System.Diagnostics;

namespace KeyRecovery.Storage.Tests.Support;

/// <summary>This assembly as another process, told what to do by its arguments (see Program.cs).</summary>
public sealed class Child : IDisposable
{
    private readonly Process _process;

    private Child(Process process) => _process = process;

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    public static Child Start(params string[] arguments)
    {
        string[] all = ["exec", typeof(Child).Assembly.Location, .. arguments];
        return new Child(Process.Start(new ProcessStartInfo("dotnet", all)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);
    }

    /// <summary>The next line, or null at the end.</summary>
    public async Task<string?> ReadLineAsync() =>
        await _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>SIGKILL; then everything it had still written to its output.</summary>
    public async Task<string> KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        return await _process.StandardOutput.ReadToEndAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}
