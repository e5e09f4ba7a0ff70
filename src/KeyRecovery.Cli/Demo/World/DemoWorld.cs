using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Demo.World;

/// <summary>What the steps share: a temporary folder, the server in it, the devices, the items and the paper.</summary>
internal sealed class DemoWorld : IAsyncDisposable
{
    public const string App = "demo";

    private const int AllGuesses = 10;

    // Beyond what travels inside a commit: it is stored ahead, by its hash.
    private const int LargeItem = 200 * 1024;

    private readonly bool _keep;
    private readonly List<DemoDevice> _devices = [];

    public DemoWorld(bool keep)
    {
        _keep = keep;
        Folder = Directory.CreateTempSubdirectory("keyrecovery-demo-").FullName;
        Items =
        [
            new DemoItem("identity key", RandomNumberGenerator.GetBytes(64)),
            new DemoItem("drive root key", RandomNumberGenerator.GetBytes(32)),
            new DemoItem("message archive", RandomNumberGenerator.GetBytes(LargeItem)),
        ];
    }

    public string Folder { get; }

    /// <summary>Everything that the server writes: its data and its log.</summary>
    public string ServerFolder => this["server"];

    public DemoHost Host { get; set; } = null!;

    /// <summary>The app's name for its user; the server must not keep it in the clear.</summary>
    public string Subject { get; } = $"alex.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}@example.org";

    public DemoItem[] Items { get; }

    public DemoDevice Phone { get; set; } = null!;

    public DemoDevice NewPhone { get; set; } = null!;

    public DemoDevice Laptop { get; set; } = null!;

    /// <summary>The lost phone's id.</summary>
    public AuthorityId LostDevice { get; set; }

    /// <summary>How often the account had changed when the phone was lost.</summary>
    public ulong VersionWhenLost { get; set; }

    public RecoveryCode Code { get; set; } = null!;

    /// <summary>The paper: the code as it was shown.</summary>
    public string Paper { get; set; } = "";

    /// <summary>The servers that guard the passphrase, once there is one.</summary>
    public DemoRealms? Realms { get; set; }

    public string Passphrase { get; set; } = "";

    /// <summary>Another user of the server, who stays.</summary>
    public DemoDevice Bea { get; set; } = null!;

    /// <summary>What Bea keeps.</summary>
    public byte[] BeasKey { get; } = RandomNumberGenerator.GetBytes(32);

    /// <summary>Yesterday's backup set.</summary>
    public string BackupSet { get; set; } = "";

    /// <summary>A path in the folder.</summary>
    public string this[string name] => Path.Combine(Folder, name);

    /// <summary>A device with a home of its own, existing or not.</summary>
    public DemoDevice Device(string name, string home)
    {
        var device = new DemoDevice(name, this[home], Host.Address, Realms is null ? [] : [Realms.Pins(Subject)]);
        _devices.Add(device);
        return device;
    }

    /// <summary>Claims that no guess is gone at any of the three servers but the one that cannot be asked.</summary>
    public async Task HoldsAllGuessesAsync(StepTale tale, string? but, CancellationToken ct)
    {
        ImmutableArray<PassphraseStatus> asked = [];
        // A server that nobody waited for may hear a moment later that the guess was right.
        for (var round = 0; round < 25; round++)
        {
            if (round > 0) await Task.Delay(TimeSpan.FromMilliseconds(200), ct);
            var told = StepTale.Works(await NewPhone.Vault.Passphrase.StatusAsync(ct));
            asked = [.. told.Where(s => s.Realm != but)];
            if (asked.All(s => s.GuessesLeft == AllGuesses)) break;
        }
        tale.Holds(asked.Length == (but is null ? 3 : 2) && asked.All(s => s.GuessesLeft == AllGuesses),
            $"no guess is gone: {string.Join(", ", asked.Select(s => $"{s.Realm} {s.GuessesLeft}"))}");
        tale.Fact(but is null ? "guessesLeftAtAll" : "guessesLeft",
            asked.Select(s => (JsonNode?)s.GuessesLeft).ToJson());
    }

    /// <summary>Forgets the folder, unless it is to be kept.</summary>
    public void Clean()
    {
        if (!_keep && Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var device in _devices) device.Dispose();
        Code?.Dispose();
        if (Realms is not null) await Realms.DisposeAsync();
        if (Host is not null) await Host.DisposeAsync();
        Clean();
    }
}
