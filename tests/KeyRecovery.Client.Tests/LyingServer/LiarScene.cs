using System.Buffers.Text;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>A person with a phone, a code and one item, whose server is a liar from now on.</summary>
internal sealed class LiarScene : IAsyncDisposable
{
    private readonly ServerProcess _server;
    private readonly List<TestDevice> _devices = [];

    private LiarScene(ServerProcess server)
    {
        _server = server;
        Liar = new Liar(server.Address);
        Phone = Device();
    }

    public Liar Liar { get; }

    public LiarKeys Keys { get; } = new();

    public RecoveryCode Code { get; } = RecoveryCode.Generate(SystemRandom.Instance);

    public TestDevice Phone { get; }

    public VaultSession OnPhone { get; private set; } = null!;

    /// <summary>Whether the home's key is told to be the liar's.</summary>
    public bool TellsOwnHomeKey { get; set; }

    /// <summary>What the item holds, as text.</summary>
    public string Content { get; } = Canary.NewText();

    /// <summary>What the app calls the person.</summary>
    public string Subject { get; } = Canary.NewText();

    /// <summary>The app's token for the person.</summary>
    public string Token { get; private set; } = null!;

    public static async Task<LiarScene> BeginAsync(ServerProcess server)
    {
        var scene = new LiarScene(server);
        scene.Token = await server.TokenAsync(scene.Subject);
        scene.OnPhone = await scene.Phone.CreateAsync(
            scene.Token, scene.Code, "phone",
            new ItemEdit.Put("identity", System.Text.Encoding.UTF8.GetBytes(scene.Content)));
        return scene;
    }

    /// <summary>Another device whose server is the liar.</summary>
    public TestDevice Device(Func<KeyRecoveryOptions, KeyRecoveryOptions>? adjust = null)
    {
        var device = Liar.Device(adjust);
        _devices.Add(device);
        return device;
    }

    /// <summary>All that the home knows of the account now, from its beginning on.</summary>
    public async Task<VaultBundle> TruthAsync()
    {
        using var listener = new TestDevice(_server.Address);
        VaultBundle? told = null;
        listener.Relay.OnAnswer = (request, body) =>
        {
            if (request.RequestUri!.AbsolutePath == "/v1/recovery") told = VaultBundle.Decode(body);
            return body;
        };
        using var session = TestDevice.Value(await listener.Client.BeginRecoveryAsync(Code));
        return told!;
    }

    /// <summary>Tells a vault to whoever asks for one, the hashes from where they are asked for.</summary>
    public void TellVault(Func<VaultBundle, VaultBundle> lie)
    {
        VaultBundle? truth = null;
        Liar.Instead = heard =>
        {
            if (heard.Path == "/audit/key" && TellsOwnHomeKey)
                return Told.Json($"{{\"key\":\"{Base64Url.EncodeToString(Keys.Signing.PublicKey.ToArray())}\"}}");
            if (heard.Writes) truth = null;
            if (!heard.IsVault) return null;
            truth ??= TruthAsync().GetAwaiter().GetResult();
            var told = lie(truth with { Hashes = [.. truth.Hashes.Skip(heard.ManifestAfter - 1)] });
            return new Told(200, told.Encode()) { ContentType = "application/cbor" };
        };
    }

    public async ValueTask DisposeAsync()
    {
        OnPhone?.Dispose();
        foreach (var device in _devices) device.Dispose();
        await Liar.DisposeAsync();
        Keys.Dispose();
        Code.Dispose();
    }
}
