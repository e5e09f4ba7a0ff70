using KeyRecovery.Testing.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace KeyRecovery.Client.Tests.Injection;

/// <summary>The SDK in an app's services: one line, the factory's handlers, settings checked by name.</summary>
[Collection(ServerTests.Name)]
public sealed class InjectionTests(ServerFixture fixture) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task One_line_gives_an_app_a_client_over_the_factorys_handlers()
    {
        using var relay = new RelayHandler();
        var services = new ServiceCollection();
        services.AddKeyRecovery(Settings).ConfigurePrimaryHttpMessageHandler(() => relay);
        await using var app = services.BuildServiceProvider(validateScopes: true);
        var client = app.GetRequiredService<KeyRecoveryClient>();
        Assert.Same(client, app.GetRequiredService<KeyRecoveryClient>());
        using var vault = await CreateAsync(client);
        TestDevice.Value(await vault.PutAsync("a", "1"u8.ToArray()));
        Assert.True(relay.Requests >= 2);
        Assert.True(File.Exists(Path.Combine(_folder["home"], "device.key")));
    }

    [Fact]
    public async Task A_client_without_the_apps_own_handler_reaches_the_server_too()
    {
        var services = new ServiceCollection();
        services.AddKeyRecovery(Settings);
        await using var app = services.BuildServiceProvider();
        using var vault = await CreateAsync(app.GetRequiredService<KeyRecoveryClient>());
    }

    [Fact]
    public async Task A_store_of_the_apps_own_takes_the_place_of_the_folder_and_all_else_is_adjusted()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IDeviceStore>(new FileDeviceStore(_folder["own"]));
        services.AddSingleton(new Marker("a token's name"));
        Marker? seen = null;
        services.AddKeyRecovery(settings =>
        {
            (settings.Server, settings.App) = (fixture.Server.Address, "demo");
            settings.Adjust = (provider, options) =>
            {
                seen = provider.GetRequiredService<Marker>();
                return options with { Attempts = 1 };
            };
        });
        await using var app = services.BuildServiceProvider();
        using var vault = await CreateAsync(app.GetRequiredService<KeyRecoveryClient>());
        Assert.True(File.Exists(Path.Combine(_folder["own"], "device.sealed")));
        Assert.NotNull(seen);
    }

    [Theory]
    [InlineData("ftp://keys.example.org", "demo", "home", "KeyRecoverySettings.Server")]
    [InlineData("https://keys.example.org/path", "demo", "home", "KeyRecoverySettings.Server")]
    [InlineData(null, "demo", "home", "KeyRecoverySettings.Server")]
    [InlineData("https://keys.example.org", "Demo App", "home", "KeyRecoverySettings.App")]
    [InlineData("https://keys.example.org", null, "home", "KeyRecoverySettings.App")]
    [InlineData("https://keys.example.org", "demo", " ", "KeyRecoverySettings.Folder")]
    [InlineData("https://keys.example.org", "demo", null, "KeyRecoverySettings.Folder")]
    public void A_setting_that_cannot_be_is_named_before_anything_is_made(
        string? server, string? app, string? folder, string named)
    {
        var services = new ServiceCollection();
        services.AddKeyRecovery(settings =>
            (settings.Server, settings.App, settings.Folder) = (server is null ? null : new Uri(server), app, folder));
        using var provider = services.BuildServiceProvider();
        foreach (var ask in (Action[])[
            () => provider.GetRequiredService<KeyRecoveryClient>(),
            () => provider.GetRequiredService<IStartupValidator>().Validate()])
            Assert.StartsWith(
                named, Assert.Single(Assert.Throws<OptionsValidationException>(ask).Failures),
                StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_once_and_a_second_registration_is_refused()
    {
        var services = new ServiceCollection();
        services.AddKeyRecovery(_ => { });
        Assert.Throws<InvalidOperationException>(() => services.AddKeyRecovery(_ => { }));
        using var provider = services.BuildServiceProvider();
        Assert.Equal(3, Assert.Throws<OptionsValidationException>(
            provider.GetRequiredService<KeyRecoveryClient>).Failures.Count());
    }

    // A factory makes its handlers anew every few minutes, and the client lives as long as the app.
    [Fact]
    public async Task Each_request_goes_by_the_handler_that_the_factory_has_then()
    {
        using var first = new RelayHandler();
        using var second = new RelayHandler();
        var now = first;
        var options = new KeyRecoveryOptions
        {
            Server = fixture.Server.Address, App = "demo", HandlerFactory = () => now,
        };
        using var client = new KeyRecoveryClient(options, new FileDeviceStore(_folder["home"]));
        using var vault = await CreateAsync(client);
        var (before, none) = (first.Requests, second.Requests);
        now = second;
        TestDevice.Value(await vault.RefreshAsync());
        Assert.Equal((before, 0), (first.Requests, none));
        Assert.True(second.Requests > 0);
        // What it was given stays the factory's.
        client.Dispose();
        using var alive = new HttpMessageInvoker(second, disposeHandler: false);
        using var config = new HttpRequestMessage(HttpMethod.Get, new Uri(fixture.Server.Address, "/v1/config"));
        (await alive.SendAsync(config, default)).EnsureSuccessStatusCode();

        Assert.Throws<ArgumentException>(() => new KeyRecoveryClient(
            options with { Handler = first }, new FileDeviceStore(_folder["other"])));
    }

    [Fact]
    public async Task A_handler_that_follows_redirects_is_told_not_to_and_one_that_throws_is_a_network_in_the_way()
    {
        var platform = new HttpClientHandler();
        var services = new ServiceCollection();
        services.AddKeyRecovery(Settings).ConfigurePrimaryHttpMessageHandler(() => platform);
        Assert.True(platform.AllowAutoRedirect);
        await using (var app = services.BuildServiceProvider())
            using (await CreateAsync(app.GetRequiredService<KeyRecoveryClient>())) { }
        Assert.False(platform.AllowAutoRedirect);

        using var client = new KeyRecoveryClient(
            new KeyRecoveryOptions
            {
                Server = fixture.Server.Address, App = "demo", Attempts = 1,
                HandlerFactory = () => throw new ObjectDisposedException("the app's services"),
            },
            new FileDeviceStore(_folder["home"]));
        Assert.IsType<ClientFailure.Transient>(TestDevice.Failure(await client.OpenAsync()));
    }

    private void Settings(KeyRecoverySettings settings) =>
        (settings.Server, settings.App, settings.Folder) = (fixture.Server.Address, "demo", _folder["home"]);

    private async Task<VaultSession> CreateAsync(KeyRecoveryClient client) => TestDevice.Value(await client.CreateAsync(
        await fixture.Server.TokenAsync(Canary.NewText()), new CreateOptions { DeviceName = "phone", Code = null }));

    private sealed record Marker(string Name);
}
