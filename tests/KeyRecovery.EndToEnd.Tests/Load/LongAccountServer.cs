using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Load;

/// <summary>A server with one long account, which takes longer to make than to attack.</summary>
public sealed class LongAccountServer : IAsyncLifetime
{
    private const int Links = 500;

    private readonly TempFolder _folder = new();

    internal ServerProcess Server { get; private set; } = null!;

    internal LongAccount Account { get; private set; } = null!;

    internal HttpClient Http { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Server = await ServerProcess.StartAsync(_folder["data"]);
        Http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 1_000 })
        {
            BaseAddress = Server.Address, Timeout = TimeSpan.FromMinutes(5),
        };
        Account = await LongAccount.CreateAsync(Server, Http, Links);
    }

    public async Task DisposeAsync()
    {
        Account.Dispose();
        Http.Dispose();
        await Server.DisposeAsync();
        _folder.Dispose();
    }
}
