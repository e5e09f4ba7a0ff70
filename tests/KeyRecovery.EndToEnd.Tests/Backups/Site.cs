using System.Text.Json;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Backups;

/// <summary>
/// A server with its places, an offline key that lies elsewhere, and a place for sets; and the verbs on them.
/// </summary>
internal sealed class Site : IDisposable
{
    private readonly TempFolder _folder = new();

    private readonly (string, string)[] _more;
    private string _auditKey = "unknown";

    private Site((string, string)[] more) => _more = more;

    public string Data => _folder["data"];

    public string Sets => _folder["sets"];

    public string Escrows => _folder["escrows"];

    public string OfflineKey => _folder["offline.key"];

    public string Fence => _folder["data/fence"];

    public (string, string)[] Settings =>
        [("Backup:OfflineKeyFile", _folder["offline.pub"]), ("Backup:EscrowDirectory", Escrows), .. _more];

    /// <param name="more">Settings beside those of its places.</param>
    public static async Task<Site> MakeAsync(params (string, string)[] more)
    {
        var site = new Site(more);
        var (exit, output) = await ServerProcess.RunAsync(
            "offline-key", "--private", site.OfflineKey, "--public", site["offline.pub"]);
        Assert.True(exit == 0, output);
        return site;
    }

    public string this[string name] => _folder[name];

    public Task<ServerProcess> StartAsync(int port = 0) => ServerProcess.StartAsync(Data, port, Settings);

    /// <summary>Makes a set, by the running server where one runs.</summary>
    public async Task<string> BackupAsync(params string[] more)
    {
        var (exit, output) = await VerbAsync(["backup", "--to", Sets, "--json", .. more]);
        Assert.True(exit == 0, output);
        _auditKey = Json(output).GetProperty("auditKey").GetString()!;
        return Json(output).GetProperty("set").GetString()!;
    }

    /// <summary>Restores, and gives the exit code and the report.</summary>
    public async Task<(int Exit, JsonElement Report)> RestoreAsync(string set, params string[] more)
    {
        var (exit, output) = await VerbAsync(["restore", "--from", set, "--json", .. more]);
        Assert.True(output.Contains('{', StringComparison.Ordinal), output);
        return (exit, Json(output));
    }

    /// <summary>The escrow of a set, the key that opens it, and the one that tells whose the set is.</summary>
    public string[] Opened(string set) =>
        ["--escrow", EscrowOf(set), "--offline-key", OfflineKey, "--audit-key", _auditKey];

    public string EscrowOf(string set) => Assert.Single(Directory.GetFiles(Escrows, set[^8..] + "*.escrow"));

    public Task<(int ExitCode, string Output)> VerbAsync(params string[] arguments) =>
        ServerProcess.RunVerbAsync(
            Data, [.. arguments, .. Settings.SelectMany(s => new[] { $"--KeyRecovery:{s.Item1}", s.Item2 })]);

    /// <summary>Loses one of the four places.</summary>
    public void Lose(string place) => Directory.Delete(Path.Combine(Data, place), recursive: true);

    /// <summary>Loses a store's file, and its journals.</summary>
    public void LoseFile(string place)
    {
        foreach (var file in Directory.GetFiles(Path.Combine(Data, place), "*.db*")) File.Delete(file);
    }

    public void Dispose() => _folder.Dispose();

    private static JsonElement Json(string output) =>
        JsonDocument.Parse(
            output[output.IndexOf('{', StringComparison.Ordinal)..(output.LastIndexOf('}') + 1)]).RootElement;
}
