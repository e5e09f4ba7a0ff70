using System.Collections.Immutable;

namespace KeyRecovery.Cli.Demo.World;

/// <summary>A device of the story: the SDK, over a folder of its own.</summary>
internal sealed class DemoDevice : IDisposable
{
    private readonly CountingHandler _handler = new();

    public DemoDevice(string name, string home, Uri server, ImmutableArray<RealmGeneration> realms)
    {
        Name = name;
        Home = home;
        Store = new FileDeviceStore(home);
        Client = new KeyRecoveryClient(
            new KeyRecoveryOptions
            {
                Server = server, App = DemoWorld.App, Handler = _handler, RealmGenerations = realms,
            },
            Store);
    }

    public string Name { get; }

    public string Home { get; }

    public FileDeviceStore Store { get; }

    public KeyRecoveryClient Client { get; }

    /// <summary>The account, once the device belongs to one.</summary>
    public VaultSession Vault { get; set; } = null!;

    /// <summary>How many requests it has sent.</summary>
    public int Requests => _handler.Requests;

    public void Dispose()
    {
        Vault?.Dispose();
        Client.Dispose();
        _handler.Dispose();
    }
}
