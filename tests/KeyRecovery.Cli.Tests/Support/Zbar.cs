using System.Diagnostics;

namespace KeyRecovery.Cli.Tests.Support;

/// <summary>A QR reader that is not ours: <c>zbarimg</c>, installed from Debian where it is missing and may be.</summary>
public static class Zbar
{
    private const string Program = "zbarimg";

    /// <summary>What the one QR code in an image says.</summary>
    /// <param name="modules">Rows of modules, dark is true, with the quiet zone.</param>
    public static async Task<string> ReadAsync(bool[][] modules)
    {
        await NeedAsync();
        var path = Path.Combine(Path.GetTempPath(), $"keyrecovery-{Guid.NewGuid():N}.pgm");
        try
        {
            await File.WriteAllBytesAsync(path, ToPgm(modules, scale: 8));
            var (exitCode, output) = await RunAsync(Program, "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", path);
            Assert.True(exitCode == 0, "the QR code cannot be read");
            return output.TrimEnd('\n');
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task NeedAsync()
    {
        if (await IsThereAsync()) return;
        if (Environment.UserName == "root")
        {
            await RunAsync("apt-get", "update", "-qq");
            await RunAsync("apt-get", "install", "-y", "-qq", "zbar-tools");
        }
        Assert.True(await IsThereAsync(), "zbarimg is needed to read QR codes: apt-get install zbar-tools");
    }

    private static async Task<bool> IsThereAsync()
    {
        try
        {
            return (await RunAsync(Program, "--version")).ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(5));
        await error;
        return (process.ExitCode, await output);
    }

    private static byte[] ToPgm(bool[][] modules, int scale)
    {
        var side = modules.Length * scale;
        var pixels = new byte[side * side];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = modules[i / side / scale][i % side / scale] ? (byte)0 : (byte)255;
        return [.. System.Text.Encoding.ASCII.GetBytes($"P5\n{side} {side}\n255\n"), .. pixels];
    }
}
