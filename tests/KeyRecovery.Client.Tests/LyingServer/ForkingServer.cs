using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>
/// A server that is two: both have the same keys and the same past, and each of them goes on by itself. To a device it
/// is one server, which chooses at each request which of the two it is.
/// </summary>
internal sealed class ForkingServer : IAsyncDisposable
{
    private const string Authority = "keys.example";

    private readonly TempFolder _folder = new();
    private readonly List<IAsyncDisposable> _ends = [];
    private ServerProcess _first = null!;
    private ServerProcess? _second;

    /// <summary>What a device sees of it.</summary>
    public Liar Liar { get; private set; } = null!;

    /// <summary>One, which stays what it was before <see cref="ForkAsync"/>.</summary>
    public Uri First => _first.Address;

    /// <summary>The other.</summary>
    public Uri Second => _second!.Address;

    /// <summary>A token for a person.</summary>
    public Task<string> TokenAsync(string? subject = null) => _first.TokenAsync(subject ?? Canary.NewText());

    /// <summary>What a realm has to know of it.</summary>
    public Task<(string, string)[]> RealmSettingsAsync() => _first.RealmSettingsAsync();

    public static async Task<ForkingServer> StartAsync()
    {
        var server = new ForkingServer();
        server._first = await server.ServeAsync("first");
        server.Liar = new Liar(server.First, Authority);
        server._ends.Add(server.Liar);
        return server;
    }

    /// <summary>From now on there are two.</summary>
    public async Task ForkAsync()
    {
        await _first.StopAsync();
        Copy(_folder["first"], _folder["second"]);
        _first = await ServeAsync("first");
        _second = await ServeAsync("second");
    }

    /// <summary>Which of the two it is, until told otherwise.</summary>
    public void Be(Uri which) => Liar.Real = which;

    public async ValueTask DisposeAsync()
    {
        foreach (var end in _ends) await end.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<ServerProcess> ServeAsync(string folder)
    {
        var server = await ServerProcess.StartAsync(
            _folder[folder], 0, ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"),
            ("Apps:0:Audience", "demo"), ("Apps:0:Policy:TrustAfterHours", "0"), ("Authority", Authority));
        _ends.Add(server);
        return server;
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
