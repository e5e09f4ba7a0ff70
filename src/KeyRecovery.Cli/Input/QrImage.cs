using System.ComponentModel;
using System.Diagnostics;
using KeyRecovery.Cli.Failures;

namespace KeyRecovery.Cli.Input;

/// <summary>Reads the QR code in a picture with <c>zbarimg</c>, where it is installed.</summary>
internal static class QrImage
{
    public static async Task<string> ReadAsync(string file, CancellationToken ct)
    {
        if (!File.Exists(file)) throw new CommandException(new CliFailure("file", $"{file} is not there"));
        var start = new ProcessStartInfo(
            "zbarimg", ["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", Path.GetFullPath(file)])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            var (output, error) = (process.StandardOutput.ReadToEndAsync(ct), process.StandardError.ReadToEndAsync(ct));
            await process.WaitForExitAsync(ct);
            await error;
            var codes = (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return codes is [var one]
                ? one
                : throw new CommandException(
                    new CliFailure("image-unreadable", codes.Length == 0
                        ? "the picture shows no QR code that can be read" : "the picture shows several QR codes"));
        }
        catch (Win32Exception)
        {
            throw new CommandException(
                new CliFailure("no-qr-reader", "reading pictures needs zbarimg, which is not installed")
                {
                    Advice = ["On Debian: apt-get install zbar-tools. Or use keyrecovery link type."],
                });
        }
    }
}
