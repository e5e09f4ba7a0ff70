namespace KeyRecovery.Cli.Tests.Support;

/// <summary>A QR reader that is not ours: <c>zbarimg</c>.</summary>
public static class Zbar
{
    /// <summary>What the one QR code in an image says.</summary>
    /// <param name="modules">Rows of modules, dark is true, with the quiet zone.</param>
    public static async Task<string> ReadAsync(bool[][] modules)
    {
        var path = Path.Combine(Path.GetTempPath(), $"keyrecovery-{Guid.NewGuid():N}.pgm");
        try
        {
            await File.WriteAllBytesAsync(path, ToPgm(modules, scale: 8));
            return await ReadAsync(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>What the one QR code in a picture says.</summary>
    /// <param name="path">A file of any format that ImageMagick reads.</param>
    public static async Task<string> ReadAsync(string path)
    {
        var (exitCode, output) =
            await OtherProgram.RunAsync("zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", path);
        Assert.True(exitCode == 0, $"no QR code can be read in {path}");
        return output.TrimEnd('\n');
    }

    private static byte[] ToPgm(bool[][] modules, int scale)
    {
        var side = modules.Length * scale;
        var pixels = new byte[side * side];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = modules[i / side / scale][i % side / scale] ? (byte)0 : (byte)255;
        return [.. System.Text.Encoding.ASCII.GetBytes($"P5\n{side} {side}\n255\n"), .. pixels];
    }
}
