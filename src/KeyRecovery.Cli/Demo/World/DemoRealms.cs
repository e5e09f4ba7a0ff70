using KeyRecovery.Cli.Development;

namespace KeyRecovery.Cli.Demo.World;

/// <summary>
/// Three realms of three operators: the home server, and two more hosts with stores and keys of their own.
/// </summary>
internal sealed class DemoRealms : IAsyncDisposable
{
    private static readonly string[] Names = ["Alder", "Birch", "Cedar"];

    private readonly DemoHost[] _hosts;
    private readonly string[] _fingerprints;
    private readonly string _home;

    private DemoRealms(DemoHost[] hosts, string[] fingerprints, string home) =>
        (_hosts, _fingerprints, _home) = (hosts, fingerprints, home);

    /// <summary>
    /// Starts the two, whose operators were told of the home, and reads all three fingerprints, as the app's
    /// developers did when they built it.
    /// </summary>
    public static async Task<DemoRealms> StartAsync(DemoHost home, Func<string, string> folder, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = home.Address };
        var told = await http.GetJsonAsync("/audit/key", ct);
        var key = told.GetProperty("key").GetString()!;
        var others = await Task.WhenAll(
            DemoHost.StartAsync(folder("birch"), 0, ct, key), DemoHost.StartAsync(folder("cedar"), 0, ct, key));
        DemoHost[] hosts = [home, .. others];
        return new DemoRealms(hosts, await Task.WhenAll(hosts.Select(host => FingerprintAsync(host, ct))), key);
    }

    public static string NameOf(int index) => Names[index];

    /// <summary>What the app's configuration says of them.</summary>
    public RealmGeneration Pins(string subject) => new(
    [
        .. _hosts.Select((host, i) => new PinnedRealm
        {
            Name = Names[i], Server = host.Address, Fingerprint = _fingerprints[i],
            Token = async ct => (await DevelopmentToken.FetchAsync(host.Address, DemoWorld.App, subject, ct)).Token,
        }),
    ]);

    public Task StopAsync(int index) => _hosts[index].StopAsync();

    /// <summary>
    /// Puts another server, with other keys, at the address of one that has stopped; or the old one again.
    /// </summary>
    public async Task StartAgainAsync(int index, string folder, CancellationToken ct)
    {
        var port = _hosts[index].Address.Port;
        await _hosts[index].DisposeAsync();
        _hosts[index] = await DemoHost.StartAsync(folder, port, ct, _home);
    }

    /// <summary>Stops one, and puts what answers without end at its address.</summary>
    public async Task<DribblingServer> ReplaceAsync(int index)
    {
        var port = _hosts[index].Address.Port;
        await StopAsync(index);
        return new DribblingServer(port);
    }

    /// <summary>Stops the two: the home server is not ours.</summary>
    public Task StopAsync() => Task.WhenAll(_hosts.Skip(1).Select(host => host.StopAsync()));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts.Skip(1)) await host.DisposeAsync();
    }

    private static async Task<string> FingerprintAsync(DemoHost host, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = host.Address };
        var realm = await http.GetJsonAsync("/v1/realm", ct);
        return realm.GetProperty("fingerprint").GetString()!;
    }
}
