using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>A server that has forked, and people who were its users before: one for each test.</summary>
public sealed class ForkFixture : IAsyncLifetime
{
    private const int PeopleCount = 12;

    private readonly Queue<ForkedPerson> _people = new();
    private readonly List<ForkedPerson> _used = [];
    private ForkingServer _server = null!;

    /// <summary>The home's audit key, as anybody can have it.</summary>
    public VerifyKey HomeKey { get; private set; } = null!;

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        _server = await ForkingServer.StartAsync();
        for (var i = 0; i < PeopleCount; i++) _people.Enqueue(await ForkedPerson.BeginAsync(_server));
        using var http = new HttpClient();
        var told = await http.GetFromJsonAsync<JsonElement>(new Uri(_server.First, "/audit/key"));
        Base64UrlText.TryDecode(told.GetProperty("key").GetString(), VerifyKey.Size, out var key);
        HomeKey = new VerifyKey(key);
        await _server.ForkAsync();
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        foreach (var person in _used.Concat(_people)) person.Dispose();
        await _server.DisposeAsync();
    }

    /// <summary>Somebody whose phone and laptop know the same, from before the fork.</summary>
    internal ForkedPerson Next()
    {
        var person = _people.Dequeue();
        _used.Add(person);
        return person;
    }
}

/// <summary>Somebody with a phone and a laptop, of one server that is two.</summary>
internal sealed class ForkedPerson : IDisposable
{
    private readonly ForkingServer _server;
    private readonly TestDevice _phone;
    private readonly TestDevice _laptop;
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);

    private ForkedPerson(ForkingServer server) =>
        (_server, _phone, _laptop) = (server, server.Liar.Device(), server.Liar.Device());

    public VaultSession OnPhone { get; private set; } = null!;

    public VaultSession OnLaptop { get; private set; } = null!;

    public Liar Liar => _server.Liar;

    public static async Task<ForkedPerson> BeginAsync(ForkingServer server)
    {
        var person = new ForkedPerson(server);
        person.OnPhone = await person._phone.CreateAsync(
            await server.TokenAsync(), person._code, "phone", new ItemEdit.Put("a", "first"u8.ToArray()));
        person.OnLaptop = await person._laptop.RecoverAsync(person._code, name: "laptop");
        TestDevice.Value(await person.OnPhone.RefreshAsync());
        return person;
    }

    /// <summary>The phone sees the first of the two, which it goes on with.</summary>
    public async Task OnFirstAsync(Func<VaultSession, Task> change)
    {
        _server.Be(_server.First);
        await change(OnPhone);
    }

    /// <summary>The laptop sees the second of the two, which it goes on with.</summary>
    public async Task OnSecondAsync(Func<VaultSession, Task> change)
    {
        _server.Be(_server.Second);
        await change(OnLaptop);
    }

    /// <summary>The phone reads the second, for once.</summary>
    public async Task<Result<VaultSession>> MixOnPhoneAsync()
    {
        _server.Be(_server.Second);
        return await OnPhone.RefreshAsync();
    }

    /// <summary>The laptop reads the first, for once.</summary>
    public async Task<Result<VaultSession>> MixOnLaptopAsync()
    {
        _server.Be(_server.First);
        return await OnLaptop.RefreshAsync();
    }

    /// <summary>What each of the two tells whoever comes with the code.</summary>
    public async Task<(byte[] First, byte[] Second)> TellAsync()
    {
        byte[] told = [];
        Liar.Lie = (heard, truth) =>
        {
            if (heard.IsVault) told = truth.Body;
            return truth;
        };
        var both = new List<byte[]>();
        foreach (var which in new[] { _server.First, _server.Second })
        {
            _server.Be(which);
            using var listener = Liar.Device();
            TestDevice.Value(await listener.Client.BeginRecoveryAsync(_code)).Dispose();
            both.Add(told);
        }
        Liar.Lie = null;
        return (both[0], both[1]);
    }

    public void Dispose()
    {
        OnPhone.Dispose();
        OnLaptop.Dispose();
        _phone.Dispose();
        _laptop.Dispose();
        _code.Dispose();
    }
}
