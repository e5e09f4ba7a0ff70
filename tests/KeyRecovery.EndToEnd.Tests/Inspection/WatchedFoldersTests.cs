using System.Globalization;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.EndToEnd.Tests.Inspection;

/// <summary>
/// A server watches no folder. The web framework would, for changes of a settings file: every folder below the working
/// directory, and a service's is the root of the file system.
/// </summary>
public sealed class WatchedFoldersTests
{
    [NeedsFact(Need.Linux)]
    public async Task A_server_that_runs_watches_no_folder_and_who_watches_one_is_seen()
    {
        using var folder = new TempFolder();
        await using (var server = await ServerProcess.StartAsync(folder["data"])) Assert.Equal(0, WatchesOf(server.Id));
        using var watcher = new FileSystemWatcher(folder.Path) { EnableRaisingEvents = true };
        Assert.True(WatchesOf(Environment.ProcessId) > 0);
    }

    private static int WatchesOf(int process) =>
        new DirectoryInfo($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/fd").EnumerateFiles()
            .Count(file => file.LinkTarget?.Contains("inotify", StringComparison.Ordinal) == true);
}
