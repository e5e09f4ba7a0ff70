using System.Security.Cryptography;
using KeyRecovery.Testing.Stores.Cosmos;

namespace KeyRecovery.Testing.Hosting;

/// <summary>
/// Several processes of one server on one store: accounts of an emulator, a key vault that is played, and folders that
/// they share. Clients reach them through a load balancer.
/// </summary>
public sealed class InstanceFleet : IAsyncDisposable
{
    private const string Database = "fleet";

    private readonly TempFolder _folder = new();
    private readonly LoopbackCertificate _certificate = new(PlayedAzure.Hosts);
    private readonly Balancer _balancer = new();
    private readonly List<CosmosGateway> _gateways = [];
    private readonly (string, string)[] _more;
    private readonly ServerProcess?[] _servers;
    private EmulatedCosmos _emulator = null!;
    private int _jobs;

    private InstanceFleet(int instances, (string, string)[] more)
    {
        _servers = new ServerProcess?[instances];
        _more = more;
    }

    /// <summary>Where clients go.</summary>
    public Uri Address => _balancer.Address;

    /// <summary>The folder of the log that they share.</summary>
    public string Log => _folder["log"];

    /// <summary>The list of tombstones that they share.</summary>
    public string Tombstones => Path.Combine(_folder["fence"], "tombstones");

    /// <summary>The vault, and who asks it.</summary>
    public PlayedAzure Azure { get; private set; } = null!;

    /// <summary>The emulator's process id.</summary>
    public int EmulatorId => _emulator.Id;

    /// <summary>How many instances there are.</summary>
    public int Count => _servers.Length;

    /// <summary>One that runs.</summary>
    public ServerProcess this[int instance] =>
        _servers[instance] ?? throw new InvalidOperationException($"instance {instance} does not run");

    /// <summary>All that run.</summary>
    public IEnumerable<ServerProcess> Running => _servers.OfType<ServerProcess>();

    /// <summary>Makes the stores, and starts no instance yet.</summary>
    /// <param name="instances">How many there may be.</param>
    /// <param name="settings">More settings of each.</param>
    public static async Task<InstanceFleet> OpenAsync(int instances, params (string Key, string Value)[] settings)
    {
        var fleet = new InstanceFleet(instances, settings);
        try
        {
            fleet._emulator = await EmulatedCosmos.StartAsync();
            fleet.Azure = await PlayedAzure.StartAsync(fleet._certificate);
            for (var i = 0; i < instances; i++)
                fleet._gateways.Add(await CosmosGateway.StartAsync(fleet._emulator, fleet._certificate));
            fleet.ShareIssuer();
            var (exitCode, output) = await fleet.RunVerbAsync("migrate");
            return exitCode == 0 ? fleet : throw new InvalidOperationException(output);
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>The way of one instance to the stores.</summary>
    public CosmosGateway WayOf(int instance) => _gateways[instance];

    /// <summary>Starts all that do not run.</summary>
    public async Task StartAllAsync()
    {
        for (var i = 0; i < Count; i++)
            if (_servers[i] is null) await StartAsync(i);
    }

    /// <summary>A last word on the settings of those that are started from now on.</summary>
    public Func<IEnumerable<(string Key, string Value)>, IEnumerable<(string, string)>> Adjust { get; set; } =
        settings => settings;

    /// <summary>Starts one; again where it was before.</summary>
    /// <param name="instance">Which.</param>
    /// <param name="program">A program that becomes the host.</param>
    /// <param name="ct">Ends the host while it has not started.</param>
    public async Task<ServerProcess> StartAsync(
        int instance, IReadOnlyList<string>? program = null, CancellationToken ct = default)
    {
        var port = instance < _balancer.Ports.Count ? _balancer.Ports[instance] : 0;
        var server = await ServerProcess.StartAsync(
            DataOf(instance), port, Environment, [.. Adjust(SettingsOf(instance))], program, ct);
        if (port == 0) _balancer.Ports = [.. _balancer.Ports, server.Address.Port];
        return _servers[instance] = server;
    }

    /// <summary>Ends one at once (SIGKILL).</summary>
    public async Task KillAsync(int instance)
    {
        var server = this[instance];
        _servers[instance] = null;
        await using (server) await server.KillAsync();
    }

    /// <summary>Stops all in order.</summary>
    public async Task StopAllAsync()
    {
        for (var i = 0; i < Count; i++)
        {
            if (_servers[i] is not { } server) continue;
            _servers[i] = null;
            await using (server) await server.StopAsync();
        }
    }

    /// <summary>Runs a verb of the host on what all of them share.</summary>
    public Task<(int ExitCode, string Output)> RunVerbAsync(params string[] arguments) =>
        ServerProcess.RunVerbAsync(DataOf(0), Environment, SettingsOf(0), arguments);

    /// <summary>Runs one as a job does, in a place of its own: beside those that run, through none of them.</summary>
    public Task<(int ExitCode, string Output)> RunJobAsync(params string[] arguments) => ServerProcess.RunVerbAsync(
        _folder[$"job-{Interlocked.Increment(ref _jobs)}"], Environment, SettingsOf(0), arguments);

    /// <summary>A device whose every request may meet another instance.</summary>
    public TestDevice NewDevice(Func<KeyRecoveryOptions, KeyRecoveryOptions>? adjust = null)
    {
        var device = new TestDevice(Address, adjust: adjust);
        // A connection serves one request.
        ((SocketsHttpHandler)device.Relay.InnerHandler!).PooledConnectionLifetime = TimeSpan.Zero;
        return device;
    }

    /// <summary>A device at one of those that run.</summary>
    public TestDevice NewDeviceAt(int instance) =>
        new(this[instance].Address, adjust: o => o with { Authority = Address.Authority });

    /// <summary>The ports to which an instance has to connect.</summary>
    public IEnumerable<int> Endpoints => _gateways[0].Ports.Append(Azure.ProxyPort);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var server in Running) await server.DisposeAsync();
        await _balancer.DisposeAsync();
        foreach (var gateway in _gateways) await gateway.DisposeAsync();
        if (Azure is not null) await Azure.DisposeAsync();
        _emulator?.Dispose();
        _certificate.Dispose();
        _folder.Dispose();
    }

    private IReadOnlyDictionary<string, string> Environment =>
        new Dictionary<string, string>(_certificate.Environment.Concat(Azure.Environment));

    private string DataOf(int instance) => _folder[$"instance-{instance}"];

    private (string, string)[] SettingsOf(int instance) =>
    [
        ("Instances", $"{Count}"), ("Authority", Address.Authority), ("Log:Directory", Log),
        ("Fence:Directory", _folder["fence"]), .. Azure.Settings, .. _gateways[instance].Settings(Database), .. _more,
    ];

    // Tokens of the development issuer are good at all of them.
    private void ShareIssuer()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        for (var i = 0; i < Count; i++)
        {
            Directory.CreateDirectory(
                DataOf(i), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.WriteAllText(Path.Combine(DataOf(i), "development-issuer.pem"), key.ExportPkcs8PrivateKeyPem());
        }
    }
}
