using System.Globalization;
using KeyRecovery.EndToEnd.Tests.Rotation;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.EndToEnd.Tests.Backups;

/// <summary>A person's server that is restored from a backup set by the real verb, and serves again at its address.
/// </summary>
internal sealed class RestoredSite : IAsyncDisposable
{
    private readonly Site _site;
    private readonly People _people;
    private ServerProcess _server;
    private string _set = "";

    private RestoredSite(Site site, People people, ServerProcess server, Person person) =>
        (_site, _people, _server, Person) = (site, people, server, person);

    /// <summary>Whose account it is; her phone made it, and a set has it.</summary>
    public Person Person { get; }

    /// <summary>The server as it runs now.</summary>
    public ServerProcess Server => _server;

    /// <summary>A set from before there was an account.</summary>
    public required string Empty { get; init; }

    public static async Task<RestoredSite> MakeAsync(People people, params (string, string)[] settings)
    {
        var site = await Site.MakeAsync(settings);
        var server = await site.StartAsync();
        var world = new RestoredSite(site, people, server, people.Add()) { Empty = await site.BackupAsync() };
        await People.LiveAsync(server, world.Person);
        await world.BackupAsync();
        return world;
    }

    /// <summary>Another device, not yet of the account.</summary>
    public TestDevice Device() => _people.Device(_server, Person);

    /// <summary>Makes a set, to which the next restore goes back.</summary>
    public async Task<string> BackupAsync() => _set = await _site.BackupAsync();

    /// <summary>Has the running server rotate its KEK.</summary>
    public Task<bool> RotateAsync() => Control.TryRotateAsync(Path.Combine(_site.Data, "ring"), root: false);

    /// <summary>Loses the stores and goes back to a set.</summary>
    /// <param name="part"><c>data</c>, <c>keys</c> or <c>all</c>.</param>
    /// <param name="set">Null for the newest.</param>
    public async Task RestoreAsync(string part, string? set = null)
    {
        var port = _server.Address.Port;
        // Heads have whole seconds: what was signed before the restore is older than it.
        await Task.Delay(TimeSpan.FromSeconds(1.1));
        await _server.StopAsync();
        if (part is "data" or "all") _site.LoseFile("stores");
        if (part is "keys" or "all") _site.LoseFile("keys");
        var (exit, report) = await _site.RestoreAsync(
            set ?? _set, part == "data" ? [] : ["--part", part]);
        Assert.True(exit == 0, report.GetRawText());
        _server = await _site.StartAsync(port);
    }

    /// <summary>Serves again, with a wall clock that is ahead.</summary>
    public async Task RestartAsync(TimeSpan ahead)
    {
        var port = _server.Address.Port;
        await _server.StopAsync();
        _server = await ServerProcess.StartAsync(_site.Data, port, Ahead(ahead), _site.Settings);
    }

    /// <summary>The environment of a process whose wall clock is ahead.</summary>
    public static Dictionary<string, string> Ahead(TimeSpan by) => new()
    {
        ["LD_PRELOAD"] = Machine.PathOf(Need.Faketime),
        ["FAKETIME"] = string.Create(CultureInfo.InvariantCulture, $"+{by.TotalSeconds:0}s"),
        // Timers and waits go on as they are.
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        ["NO_FAKE_STAT"] = "1",
    };

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _site.Dispose();
    }
}
