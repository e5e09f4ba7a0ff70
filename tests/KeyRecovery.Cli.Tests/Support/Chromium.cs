using System.Buffers.Binary;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Cli.Tests.Support;

/// <summary>Takes a picture of a page as a screen shows it.</summary>
public static class Chromium
{
    private static readonly string[] Alone =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--force-device-scale-factor=1",
    ];

    /// <summary>Writes the page's picture.</summary>
    /// <param name="html">The page; what it refers to is by absolute paths.</param>
    /// <param name="path">A PNG.</param>
    /// <param name="width">Its width in pixels.</param>
    /// <param name="height">Its height in pixels.</param>
    public static async Task ScreenshotAsync(string html, string path, int width, int height)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["page.html"], html);
        var (exitCode, output) = await OtherProgram.RunAsync(
            "chromium",
            [
                .. Alone, $"--user-data-dir={folder["profile"]}", $"--window-size={width},{height}",
                $"--screenshot={path}",
                $"file://{folder["page.html"]}",
            ]);
        Assert.True(exitCode == 0 && File.Exists(path), output);
        Assert.Equal((width, height), await SizeAsync(path));
    }

    /// <summary>A PNG's width and height (RFC 2083, IHDR).</summary>
    public static async Task<(int Width, int Height)> SizeAsync(string path)
    {
        var header = (await File.ReadAllBytesAsync(path)).AsSpan(16, 8);
        return (BinaryPrimitives.ReadInt32BigEndian(header), BinaryPrimitives.ReadInt32BigEndian(header[4..]));
    }
}
