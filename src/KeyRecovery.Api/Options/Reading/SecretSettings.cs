using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.Json;

namespace KeyRecovery.Api.Options.Reading;

/// <summary>
/// Where the root key and the keys of accounts must not come from (F34): the command line, which every user of the
/// machine can read, and a file that others may read.
/// </summary>
internal static class SecretSettings
{
    private static readonly string[] Keys =
    [
        "Ring:RootKey", "Ring:RootKeyNext", "Ring:Credential:ClientSecret",
        "Blobs:Credential:Key", "Blobs:Credential:ClientSecret",
        "Cosmos:Data:Credential:Key", "Cosmos:Data:Credential:ClientSecret",
        "Cosmos:Keys:Credential:Key", "Cosmos:Keys:Credential:ClientSecret",
    ];

    public static void Check(IConfiguration configuration, Failures failures)
    {
        if (configuration is not IConfigurationRoot root) return;
        foreach (var key in Keys)
        {
            // Whoever else sets it too: it is told by then.
            foreach (var provider in root.Providers)
            {
                if (!provider.TryGet($"{KeyRecoveryOptions.Section}:{key}", out _)) continue;
                if (provider is CommandLineConfigurationProvider)
                    failures.Add(
                        key, "stands on the command line, where every user of the machine can read it: set it "
                        + "in the environment, and replace it");
                else if (provider is JsonConfigurationProvider { Source: var source } && IsOpenToOthers(source))
                    failures.Add(
                        key, $"stands in {source.Path}, which other users may read: chmod 600, and replace it");
            }
        }
    }

    private static bool IsOpenToOthers(FileConfigurationSource source) => !OperatingSystem.IsWindows()
        && source.FileProvider?.GetFileInfo(source.Path!).PhysicalPath is { } path
        && (File.GetUnixFileMode(path) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) != 0;
}
