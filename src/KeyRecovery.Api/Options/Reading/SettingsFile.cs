using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Options;

namespace KeyRecovery.Api.Options.Reading;

/// <summary>
/// <c>keyrecovery.json</c> in the data directory: what <c>init</c> was told, in the form of every configuration file.
/// Read outside Development; whatever else sets a key has the last word.
/// </summary>
internal static class SettingsFile
{
    public const string FileName = "keyrecovery.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static string PathOf(IConfiguration configuration)
    {
        var folder = configuration[$"{KeyRecoveryOptions.Section}:{nameof(KeyRecoveryOptions.DataDirectory)}"];
        if (string.IsNullOrWhiteSpace(folder)) folder = new KeyRecoveryOptions().DataDirectory;
        return Path.GetFullPath(Path.Combine(folder, FileName));
    }

    /// <exception cref="OptionsValidationException">It is no JSON, or not this user's to read.</exception>
    public static void AddTo(IConfigurationManager configuration, IHostEnvironment environment)
    {
        var path = PathOf(configuration);
        if (environment.IsDevelopment() || !IsThere(path)) return;
        var source = new JsonConfigurationSource { Path = path };
        source.ResolveFileProvider();
        try
        {
            configuration.Sources.Insert(0, source);
        }
        catch (InvalidDataException)
        {
            throw new OptionsValidationException(
                KeyRecoveryOptions.Section, typeof(KeyRecoveryOptions), [$"{path} is no JSON."]);
        }
    }

    // A file that another user's folder hides does not "exist", and then no app would be configured.
    private static bool IsThere(string path)
    {
        try
        {
            File.OpenRead(path).Dispose();
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            throw new OptionsValidationException(
                KeyRecoveryOptions.Section, typeof(KeyRecoveryOptions),
                [$"{path} cannot be read by this user ({Environment.UserName}): verbs are run as the server's user."]);
        }
    }

    /// <summary>Writes it, for its owner alone.</summary>
    /// <exception cref="IOException">There is one already.</exception>
    public static void Write(string path, JsonObject settings)
    {
        DataDirectories.CreatePrivate(Path.GetDirectoryName(path)!);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new StreamWriter(path, options);
        file.WriteLine(new JsonObject { [KeyRecoveryOptions.Section] = settings }.ToJsonString(Indented));
    }
}
