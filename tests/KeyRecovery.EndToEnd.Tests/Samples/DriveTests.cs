using System.Diagnostics;
using System.Reflection;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Samples;

/// <summary>
/// The sample drive, as a program against a real server: a file is shared, taken back and recovered, and neither server
/// has seen it.
/// </summary>
public sealed class DriveTests
{
    private static readonly string Program = Path.GetFullPath(
        typeof(DriveTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(m => m.Key == "DrivePath").Value!,
        AppContext.BaseDirectory);

    [Fact]
    public async Task A_file_is_shared_revoked_and_recovered_and_no_server_has_read_it()
    {
        using var folder = new TempFolder();
        var (name, text) = (Canary.NewText(), Canary.NewText() + Canary.NewText());
        await using var server =
            await ServerProcess.StartAsync(folder["data"], 0, ("LogFile", folder["server.log"]), ("LogLevel", "Debug"));
        string[] input = [await server.TokenAsync("alice"), await server.TokenAsync("bob"), name, text];
        var (exit, output) = await RunAsync([server.Address.AbsoluteUri, folder["drive"]], input);
        Assert.True(exit == 0, output);
        Assert.Matches("number ([0-9]{5} ?){12}\nshared\nrevoked\nrecovered\ndone", output);
        await server.StopAsync();

        var scanner = new CanaryScanner([Canary.Of("the file's name", name), Canary.Of("the file", text)]);
        var files = server.Files().Append(folder["server.log"]).Concat(Directory.GetFiles(folder["drive/blobs"]))
            .ToList();
        Assert.Contains(files, f => f.EndsWith(".db", StringComparison.Ordinal));
        Assert.Contains(files, f => f.EndsWith(".file", StringComparison.Ordinal));
        Assert.Empty(files.SelectMany(scanner.ScanFile));
        Assert.Empty(scanner.Scan("output", System.Text.Encoding.UTF8.GetBytes(server.Output)));

        // The scanner finds what a careless drive would have left.
        var careless = folder["drive/blobs/careless"];
        await File.WriteAllTextAsync(careless, $"before {text} after");
        Assert.NotEmpty(scanner.ScanFile(careless));
        await File.AppendAllTextAsync(folder["server.log"], name);
        Assert.NotEmpty(scanner.ScanFile(folder["server.log"]));
    }

    [Fact]
    public void It_is_a_sample_that_is_read_at_one_sitting()
    {
        var folder = Path.GetFullPath("../../..", Path.GetDirectoryName(Program)!);
        var sources = Directory.GetFiles(folder, "*.cs");
        Assert.InRange(sources.Sum(file => File.ReadAllLines(file).Length), 1, 200);
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string[] arguments, string[] input)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Program, .. arguments])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        foreach (var line in input) await process.StandardInput.WriteLineAsync(line);
        process.StandardInput.Close();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(3));
        return (process.ExitCode, await output + await error);
    }
}
