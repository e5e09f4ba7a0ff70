using KeyRecovery.Api.CommandLine;
using KeyRecovery.Api.Stores;
using KeyRecovery.Storage.Files.Backups;

namespace KeyRecovery.Api.Verbs;

/// <summary><c>offline-key</c>: draws the key that backup sets are sealed to. To be run where no server is.</summary>
internal static class OfflineKeyVerb
{
    public static int Run(string[] args)
    {
        var switches = new Switches(args);
        if (switches.Value("--private", "a file") is not { } privatePath
            || switches.Value("--public", "a file") is not { } publicPath || switches.Rest.Length > 0)
            throw new UsageException("offline-key needs --private FILE and --public FILE, and takes nothing else");
        var key = OfflineKey.Create(Path.GetFullPath(privatePath), Path.GetFullPath(publicPath), SystemRandom.Instance);
        Console.Out.WriteLine($"made: offline key {key}");
        Console.Out.WriteLine(
            $"{privatePath} opens every backup until it expires: print it or keep it on a medium in a safe, and never "
            + "on the server");
        Console.Out.WriteLine($"{publicPath} goes to the server, as KeyRecovery:Backup:OfflineKeyFile");
        return 0;
    }
}
