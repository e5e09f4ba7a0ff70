using System.Collections.Concurrent;
using System.Diagnostics;

namespace KeyRecovery.Protocol.Tests.Peers;

/// <summary>Runs a Go program of this folder, with the modules that the operating system's packages bring.</summary>
internal static class GoPeer
{
    // Where Debian's golang-*-dev packages lie.
    private const string Packages = "/usr/share/gocode";

    private static readonly ConcurrentDictionary<string, Lazy<string>> Built = new();

    /// <exception cref="InvalidOperationException">The program says no; its word.</exception>
    public static string Run(string source, params string[] arguments) =>
        Start(Built.GetOrAdd(source, name => new(() => Build(name))).Value, arguments);

    private static string Build(string source)
    {
        var program = Path.Combine(
            Directory.CreateTempSubdirectory("keyrecovery-go-").FullName, Path.GetFileNameWithoutExtension(source));
        Start("go", ["build", "-o", program, Path.Combine(NodePeer.SourceFolder(), "Peers", source)]);
        return program;
    }

    private static string Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["GO111MODULE"] = "off";
        start.Environment["GOPATH"] = Packages;
        start.Environment["GOCACHE"] = Path.Combine(Path.GetTempPath(), "keyrecovery-go-cache");
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException(error.Result);
    }
}
