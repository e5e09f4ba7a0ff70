using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Stores;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Testing.Stores.Cosmos;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Api.Tests.Support;

/// <summary>
/// The real server on a loopback port of its own, with a data directory of its own; with
/// <c>KEYRECOVERY_STORE=cosmos</c> its stores are emulated accounts.
/// </summary>
internal sealed class TestHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TempDirectory _directory;
    private readonly bool _ownsDirectory;
    private readonly DescribedAnswers _answers;

    private TestHost(WebApplication app, TempDirectory directory, bool ownsDirectory, DescribedAnswers answers)
    {
        _app = app;
        _answers = answers;
        _directory = directory;
        _ownsDirectory = ownsDirectory;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features
            .Get<IServerAddressesFeature>()!.Addresses.First());
        Client = new HttpClient { BaseAddress = Address };
    }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    public string DataDirectory => _directory.Path;

    /// <param name="settings">Keys below <c>KeyRecovery</c>.</param>
    /// <param name="environment">Development or Production.</param>
    /// <param name="adjust">A last word on the services.</param>
    /// <param name="map">Routes of the test's own.</param>
    /// <param name="directory">A directory to share with another run; the caller deletes it.</param>
    public static async Task<TestHost> StartAsync(
        Dictionary<string, string>? settings = null,
        string environment = "Development",
        Action<WebApplicationBuilder>? adjust = null,
        Action<WebApplication>? map = null,
        TempDirectory? directory = null)
    {
        var own = directory ?? new TempDirectory();
        if (SharedCosmos.IsWanted) adjust = await OnCosmosAsync(own) + adjust;
        var answers = new DescribedAnswers();
        var app = Server.Build(Arguments(own, settings, environment), answers.AddTo + adjust);
        map?.Invoke(app);
        await app.StartAsync();
        return new TestHost(app, own, directory is null, answers);
    }

    // The settings say where the other places are, as ever.
    private static async Task<Action<WebApplicationBuilder>> OnCosmosAsync(TempDirectory directory)
    {
        var home = await SharedCosmos.HomeAsync(
            directory.Path, SystemRandom.Instance, new ServerClock(TimeProvider.System));
        return builder => builder.Services.AddSingleton(provider => ServerStores.OpenAsync(
            provider.GetRequiredService<KeyRecoveryOptions>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>(), home: _ => home).GetAwaiter().GetResult());
    }

    public static string[] Arguments(TempDirectory directory, Dictionary<string, string>? settings, string environment)
    {
        var all = new Dictionary<string, string>
        {
            ["DataDirectory"] = directory.Path,
            ["LogFile"] = Path.Combine(directory.Path, "log.json"),
            ["LogLevel"] = "Debug",
        };
        foreach (var (key, value) in settings ?? []) all[key] = value;
        return
        [
            "--environment", environment,
            "--urls", "http://127.0.0.1:0",
            .. all.SelectMany(setting => new[] { $"--KeyRecovery:{setting.Key}", setting.Value }),
        ];
    }

    /// <summary>A development token of a user of an app.</summary>
    public async Task<string> TokenAsync(string subject, string app = "demo")
    {
        using var response = await Client.PostAsJsonAsync("/v1/dev/tokens", new { subject, app });
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;
    }

    public async Task<HttpResponseMessage> CreateAccountAsync(
        string? token, byte[] body, string type = "application/cbor")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/accounts")
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(type) } },
        };
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await Client.SendAsync(request);
    }

    /// <summary>Everything logged so far. The server's file is open for writing, so it is read as shared.</summary>
    public string ReadLog() => _directory.ReadShared("log.json");

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (_ownsDirectory)
        {
            if (SharedCosmos.IsWanted) await SharedCosmos.DeleteAsync(DataDirectory);
            _directory.Dispose();
        }

        Assert.Empty(_answers.Others);
    }
}
