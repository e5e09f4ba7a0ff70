using System.Net;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Testing.Emulators;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Api.Tests.Log;

/// <summary>A server whose log and tombstones lie in blob storage.</summary>
public sealed class BlobHostTests
{
    // What every Azurite has.
    private const string Account = "devstoreaccount1";
    private const string Key =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    [NeedsFact(Need.Azurite)]
    public async Task A_server_publishes_its_log_from_blobs_and_goes_on_after_a_restart()
    {
        using var emulator = await NodeEmulator.StartAsync("azurite");
        using var directory = new TempDirectory();
        var settings = new Dictionary<string, string>
        {
            ["Blobs:Container"] = $"http://127.0.0.1:{emulator.Ports[0]}/{Account}/keyrecovery",
            ["Blobs:Credential:Kind"] = "Key",
            ["Blobs:Credential:Key"] = Key,
        };
        for (var start = 1UL; start <= 2; start++)
        {
            await using var host = await TestHost.StartAsync(settings, directory: directory);
            await TestAccount.CreateAsync(host);
            await PublishedAsync(host, start);
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(directory.Path, "log")));
        Assert.False(File.Exists(Path.Combine(directory.Path, "fence", "tombstones")));
    }

    private static async Task PublishedAsync(TestHost host, ulong size)
    {
        for (var i = 0; i < 200; i++)
        {
            using var answer = await host.Client.GetAsync("/audit/checkpoint");
            if (answer.StatusCode == HttpStatusCode.OK
                && SignedNote.TryParse(await answer.Content.ReadAsByteArrayAsync(), out var note)
                && note.Text.Split('\n')[1] == $"{size}")
            {
                using var entries = await host.Client.GetAsync($"/audit/tile/entries/000.p/{size}");
                Assert.Equal(HttpStatusCode.OK, entries.StatusCode);
                return;
            }

            await Task.Delay(50);
        }

        Assert.Fail("the log was not published");
    }
}
