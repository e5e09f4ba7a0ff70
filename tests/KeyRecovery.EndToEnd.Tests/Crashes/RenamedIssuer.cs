using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.EndToEnd.Tests.Erasure;
using KeyRecovery.EndToEnd.Tests.Rotation;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Crashes;

/// <summary>
/// A server in Production whose app's issuer gets one new name after another, its users, and who of them works.
/// </summary>
internal sealed class RenamedIssuer : IAsyncDisposable
{
    private const int Users = 80;
    private const int Workers = 3;

    private readonly TempFolder _folder = new();
    private readonly ImmutableArray<TestDevice> _devices;
    private readonly LocalIssuer _issuer;
    private readonly List<string> _names = ["https://login.example"];
    private readonly List<int> _seen = [];
    private readonly HashSet<string> _before = [];
    private HashSet<string> _newest = [];
    private ImmutableArray<string> _told = [];
    private int _works;

    private RenamedIssuer(LocalIssuer issuer)
    {
        _issuer = issuer;
        // No one of them asks where it was made: each start listens elsewhere.
        _devices = [.. Enumerable.Range(0, Users).Select(_ => new TestDevice(new Uri("http://127.0.0.1:1")))];
    }

    /// <summary>How often a user has worked, or come with a token, and was answered as he has to be.</summary>
    public int Works => _works;

    /// <summary>How many accounts had a lookup by the new name at each kill that came in the midst.</summary>
    public IReadOnlyList<int> Seen => _seen;

    /// <summary>Whether the newest name's last start found something to do, and did it.</summary>
    public bool WentOn { get; private set; }

    public static async Task<RenamedIssuer> LiveAsync()
    {
        var world = new RenamedIssuer(await LocalIssuer.StartAsync());
        Directory.CreateDirectory(world._folder["data"]);
        await using var server = await world.StartAsync();
        await Parallel.ForAsync(0, Users, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (user, _) =>
        {
            using var client = world.At(server, world._devices[user]);
            using (TestDevice.Value(await client.CreateAsync(
                world.Token(user, world._names[0]), new CreateOptions { DeviceName = "phone", Code = null }))) { }
        });
        await server.StopAsync();
        world.Keep();
        return world;
    }

    /// <summary>Gives the issuer its next name: some kills, and then it is left to end.</summary>
    /// <returns>How many kills came in the midst.</returns>
    public async Task<int> RenameAsync(int kills)
    {
        var (before, moved) = (_seen.Count, 0);
        for (var i = 0; i < kills; i++)
        {
            // The first kill comes to a server that hears of the name while it serves, the others to one that goes on.
            await using (var server = await StartAsync())
            {
                if (i == 0)
                {
                    _told = [_names[0]];
                    _names.Insert(0, $"https://login-{_names.Count}.example");
                }

                await KillAsync(server, isTold: i == 0, commits: 1 + 9 * (i % 3));
            }

            moved = Moved().Count;
            if (moved == Users) break;
            if (moved > 0) _seen.Add(moved);
        }

        await using (var last = await StartAsync())
        {
            WentOn = moved is > 0 and < Users;
            using var end = new CancellationTokenSource();
            var (work, works) = (WorkAsync(last, end.Token), _works);
            await UntilAsync(() => _works > works && (moved == Users || IsMoved(last)), last);
            await end.CancelAsync();
            await work;
            await last.StopAsync();
        }

        Keep();
        return _seen.Count - before;
    }

    /// <summary>Without the names of before, everybody has the one account of the beginning.</summary>
    public async Task CheckAsync()
    {
        var former = _names[1];
        _names.RemoveRange(1, _names.Count - 1);
        WriteSettings();
        var (exit, report) = await ServerProcess.RunAsync(
            ["check", "--sweep", "--older-than-minutes", "0", .. Places]);
        Assert.True(exit == 0, report);
        Assert.Equal(_newest, DeadStores.SubjectsOf(_folder["data"]));
        using (var stores = new DeadStores(_folder["data"]))
            Assert.Equal(Users, DeadStores.Count(stores.Keys, "SELECT count(*) FROM key_rows"));
        await using var server = await StartAsync();
        await Parallel.ForAsync(0, Users, async (user, _) =>
        {
            using var client = At(server, _devices[user]);
            using (TestDevice.Value(await client.OpenAsync())) { }
            await HasOneAsync(server, user, _names[0]);
        });
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(server, Token(0, former)));
        Assert.Equal(HttpStatusCode.NotFound, await AskAsync(server, Token(Users, _names[0])));
    }

    public async ValueTask DisposeAsync()
    {
        await _issuer.DisposeAsync();
        foreach (var device in _devices) device.Dispose();
        _folder.Dispose();
    }

    private string[] Places => ["--environment", "Production", "--KeyRecovery:DataDirectory", _folder["data"]];

    private async Task KillAsync(ServerProcess server, bool isTold, int commits)
    {
        using var dying = new CancellationTokenSource();
        var (work, works) = (WorkAsync(server, dying.Token), _works);
        if (isTold)
        {
            await UntilAsync(() => _works > works, server);
            WriteSettings();
            var told = await Control.AskAsync(_folder["data/ring"], "{\"verb\":\"reload\"}");
            Assert.Contains("\"problems\":[]", told, StringComparison.Ordinal);
            _told = [_names[0], _names[1]];
        }

        // By commits of the key store, whose file tells of each from outside: as slow as the machine is.
        var (keys, last) = (_folder["data/keys/keys.db"], DateTime.MinValue);
        await UntilAsync(
            () =>
            {
                var now = File.GetLastWriteTimeUtc(keys);
                if (now != last) commits--;
                last = now;
                return commits < 0 || IsMoved(server);
            }, server);
        await dying.CancelAsync();
        await server.KillAsync();
        await work;
    }

    // A lookup of before may outlive its move, for the sweep.
    private HashSet<string> Moved()
    {
        var all = DeadStores.SubjectsOf(_folder["data"]);
        all.ExceptWith(_before);
        return all;
    }

    private void Keep()
    {
        _newest = Moved();
        Assert.Equal(Users, _newest.Count);
        _before.UnionWith(_newest);
    }

    private Task WorkAsync(ServerProcess server, CancellationToken end) =>
        Task.WhenAll(Enumerable.Range(0, Workers).Select(user => WorkAsync(server, user, end)));

    // What a user does, over and over; whatever is answered otherwise before the server dies is a fault.
    private async Task WorkAsync(ServerProcess server, int user, CancellationToken end)
    {
        using var client = At(server, _devices[user]);
        try
        {
            while (!end.IsCancellationRequested)
            {
                var content = RandomNumberGenerator.GetBytes(100);
                using var vault = TestDevice.Value(await client.OpenAsync());
                TestDevice.Value(await vault.PutAsync("note", content));
                Assert.Equal(content, TestDevice.Value(await vault.GetAsync("note")));
                Interlocked.Increment(ref _works);
                foreach (var name in _told)
                {
                    await HasOneAsync(server, user, name);
                    Interlocked.Increment(ref _works);
                }
            }
        }
        catch (Exception e) when (end.IsCancellationRequested && e is InvalidOperationException
            or HttpRequestException)
        {
            // The server was killed in the midst of it.
        }
    }

    // An account, and no second one.
    private async Task HasOneAsync(ServerProcess server, int user, string name)
    {
        Assert.Equal(HttpStatusCode.OK, await AskAsync(server, Token(user, name)));
        using var other = new TestDevice(server.Address, adjust: o => o with { Attempts = 1 });
        var failure = TestDevice.Failure(await other.Client.CreateAsync(
            Token(user, name), new CreateOptions { DeviceName = "another", Code = null }));
        if (failure is not ClientFailure.Refused { Type: "account-exists" })
            throw new InvalidOperationException($"a second account: {failure}");
    }

    private static async Task<HttpStatusCode> AskAsync(ServerProcess server, string token)
    {
        using var http = new HttpClient { BaseAddress = server.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await http.GetAsync("/v1/recovery/slots");
        return answer.StatusCode;
    }

    private string Token(int user, string name) => _issuer.Token($"user {user} <b>\u202E", issuer: name);

    private KeyRecoveryClient At(ServerProcess server, TestDevice device) =>
        new(new KeyRecoveryOptions { Server = server.Address, App = "demo", Attempts = 1 }, device.Store);

    private Task<ServerProcess> StartAsync()
    {
        if (_names.Count == 1) WriteSettings();
        return ServerProcess.StartAloneAsync(
            _folder["data"], new Dictionary<string, string>(), ["serve", "--urls", "http://127.0.0.1:0", .. Places]);
    }

    private void WriteSettings()
    {
        const int Unlimited = 1_000_000;
        var limit = new { PerSecond = Unlimited, Burst = Unlimited };
        File.WriteAllText(_folder["data/keyrecovery.json"], JsonSerializer.Serialize(new
        {
            KeyRecovery = new
            {
                RateLimits = new { Address = limit, Account = limit },
                Apps = new[]
                {
                    new
                    {
                        Id = "demo", Audience = "demo", Authority = _issuer.Address, Issuer = _names[0],
                        FormerIssuers = _names.Skip(1),
                    },
                },
            },
        }));
    }

    private static bool IsMoved(ServerProcess server) =>
        server.Output.Contains("IssuerMoved", StringComparison.Ordinal);

    private static async Task UntilAsync(Func<bool> holds, ServerProcess server)
    {
        for (var end = DateTime.UtcNow.AddMinutes(2); !holds(); await Task.Delay(1))
            Assert.True(DateTime.UtcNow < end, $"it does not come to pass: {server.Output}");
    }
}
