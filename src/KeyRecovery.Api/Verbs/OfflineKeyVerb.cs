using KeyRecovery.Api.Hosting;
using KeyRecovery.Storage.Sqlite.Backups;

namespace KeyRecovery.Api.Verbs;

/// <summary><c>offline-key</c>: draws the key that backup sets are sealed to. To be run where no server is.</summary>
internal static class OfflineKeyVerb
{
    public static int Run(string[] args)
    {
        var (privatePath, publicPath) = args switch
        {
            ["--private", var secret, "--public", var open] => (secret, open),
            ["--public", var open, "--private", var secret] => (secret, open),
            _ => throw new UsageException("offline-key needs --private FILE and --public FILE"),
        };
        var key = OfflineKey.Create(Path.GetFullPath(privatePath), Path.GetFullPath(publicPath), SystemRandom.Instance);
        Console.Out.WriteLine($"made: offline key {key}");
        Console.Out.WriteLine($"{privatePath} opens every backup until it expires: print it or keep it on a medium in a safe, and never on the server");
        Console.Out.WriteLine($"{publicPath} goes to the server, as KeyRecovery:Backup:OfflineKeyFile");
        return 0;
    }
}
