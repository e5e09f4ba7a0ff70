using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Passphrases;

/// <summary>
/// Three real servers of three operators; the first is the home server as well, and the others were told of it. No
/// waits, so that guesses can follow one another.
/// </summary>
public sealed class RealmsFixture : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private (string, string)[] _settings = Settings;

    /// <summary>The servers.</summary>
    public ServerProcess[] Servers { get; } = new ServerProcess[3];

    /// <summary>Their fingerprints.</summary>
    public string[] Fingerprints { get; } = new string[3];

    /// <summary>The home server.</summary>
    public ServerProcess Home => Servers[0];

    /// <summary>An app whose guesses wait for nothing.</summary>
    public static (string, string)[] Settings =>
    [
        ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"), ("Apps:0:Audience", "demo"),
        ("Apps:0:Policy:Passphrase:Waits", ""),
    ];

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        for (var i = 0; i < Servers.Length; i++)
        {
            Servers[i] = await ServerProcess.StartAsync(_folder[$"realm-{i}"], 0, _settings);
            Fingerprints[i] = await FingerprintAsync(Servers[i]);
            if (i == 0) _settings = [.. Settings, .. await Home.RealmSettingsAsync()];
        }
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        foreach (var server in Servers) await server.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>What the home's app was told of a user, once it was told something.</summary>
    public async Task<IReadOnlyList<string>> HeardAsync(string subject, string last)
    {
        using var http = new HttpClient { BaseAddress = Home.Address };
        using var token = await http.PostAsJsonAsync(
            "/v1/dev/tokens", new { subject = "backend", scope = "keyrecovery.events" });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer", (await token.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString());
        var (heard, next) = (new List<string>(), "/v1/events?waitMs=20000");
        while (!heard.Contains(last))
        {
            var page = await http.GetFromJsonAsync<JsonElement>(next);
            heard.AddRange(page.GetProperty("events").EnumerateArray()
                .Where(one => one.TryGetProperty("subject", out var whose) && whose.GetString() == subject)
                .Select(one => one.GetProperty("kind").GetString()!));
            next = $"/v1/events?waitMs=20000&after={page.GetProperty("next").GetString()}";
        }

        return heard;
    }

    /// <summary>Stops a realm, and gives back what starts it again at its old address.</summary>
    public async Task<Func<Task>> StopAsync(int index)
    {
        var port = Servers[index].Address.Port;
        await Servers[index].StopAsync();
        return async () => Servers[index] = await ServerProcess.StartAsync(_folder[$"realm-{index}"], port, _settings);
    }

    /// <summary>A device of an app that pins these realms; none for the home server alone.</summary>
    public TestDevice Device(string subject, params int[] realms) => new(Home.Address, "demo", options => options with
    {
        RealmGenerations = realms.Length == 0 ? [] : [Pins(subject, realms)],
        Attempts = 1,
    });

    /// <summary>What an app's configuration says of these realms, for this user.</summary>
    public RealmGeneration Pins(string subject, params int[] realms) => new(
    [
        .. realms.Select(i => new PinnedRealm
        {
            Name = $"realm {i}",
            Server = Servers[i].Address,
            Fingerprint = Fingerprints[i],
            Token = async _ => await Servers[i].TokenAsync(subject),
        }),
    ]);

    /// <summary>How a passphrase is set, by a user.</summary>
    public async Task<SetPassphraseOptions> SetAsync(string subject, int? threshold = null) =>
        new() { Token = await Home.TokenAsync(subject), Threshold = threshold };

    /// <summary>A passphrase.</summary>
    public static Passphrase Of(string text) => ((PassphraseParse.Ok)Passphrase.Parse(text)).Passphrase;

    /// <summary>The fingerprint of a server's keys as a realm.</summary>
    public static async Task<string> FingerprintAsync(ServerProcess server)
    {
        using var http = new HttpClient { BaseAddress = server.Address };
        return (await http.GetFromJsonAsync<JsonElement>("/v1/realm")).GetProperty("fingerprint").GetString()!;
    }
}

/// <summary>The collection that shares them.</summary>
[CollectionDefinition(Name)]
public sealed class RealmTests : ICollectionFixture<RealmsFixture>
{
    /// <summary>Its name.</summary>
    public const string Name = "realms";
}
