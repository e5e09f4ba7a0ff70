using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using KeyRecovery.Testing.Emulators;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Testing.Hosting;

/// <summary>
/// A key vault, and the directory that says who asks it, for processes that are not this one. They ask by the names
/// that Azure has, through a proxy on this machine, as in a network that has one: settings and clients are those of an
/// installation.
/// </summary>
public sealed class PlayedAzure : IAsyncDisposable
{
    private const string Directory = "login.microsoftonline.com";
    private const string Client = "66666666-7777-8888-9999-000000000000";

    private static readonly string RootKey = NewSecret();

    private readonly string _secret = NewSecret();
    private readonly string _token = NewSecret();
    private readonly WebApplication _app;
    private ConnectProxy? _proxy;

    private PlayedAzure(LoopbackCertificate certificate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(
            kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate.Certificate)));
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    /// <summary>The names that the certificate is to be for.</summary>
    public static string[] Hosts => [PlayedVault.Host, Directory];

    /// <summary>The vault.</summary>
    public PlayedVault Vault { get; } = new();

    /// <summary>Where the proxy is.</summary>
    public int ProxyPort => _proxy!.Address.Port;

    /// <summary>Names that were asked for at the proxy.</summary>
    public IReadOnlyCollection<string> Asked => _proxy!.Asked;

    /// <summary>What a process has in its environment to come here.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["HTTPS_PROXY"] = _proxy!.Address.ToString(), ["NO_PROXY"] = $"{IPAddress.Loopback}",
    };

    /// <summary>The settings of a host whose ring is here.</summary>
    public (string Key, string Value)[] Settings =>
    [
        ("Ring:KeyVault", $"https://{PlayedVault.Host}"), ("Ring:RootKey", RootKey),
        ("Ring:Credential:Kind", "ClientSecret"), ("Ring:Credential:TenantId", PlayedVault.Tenant),
        ("Ring:Credential:ClientId", Client), ("Ring:Credential:ClientSecret", _secret),
    ];

    /// <summary>Starts it.</summary>
    /// <param name="certificate">For <see cref="Hosts"/>.</param>
    public static async Task<PlayedAzure> StartAsync(LoopbackCertificate certificate)
    {
        var azure = new PlayedAzure(certificate);
        await azure._app.StartAsync();
        var here = new Uri(azure._app.Services.GetRequiredService<IServer>().Features
            .Get<IServerAddressesFeature>()!.Addresses.Single());
        azure._proxy = new ConnectProxy(here.Port, Hosts);
        return azure;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null) await _proxy.DisposeAsync();
        await _app.DisposeAsync();
    }

    private static string NewSecret() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private Task AnswerAsync(HttpContext context) =>
        context.Request.Host.Host == Directory ? SignInAsync(context) : AnswerAsVaultAsync(context);

    // The client asks which names the directory has, and then for a token.
    private async Task SignInAsync(HttpContext context)
    {
        if (context.Request.Path == "/common/discovery/instance")
        {
            await context.Response.WriteAsJsonAsync(new JsonObject
            {
                ["tenant_discovery_endpoint"] =
                    $"https://{Directory}/{PlayedVault.Tenant}/v2.0/.well-known/openid-configuration",
                ["api-version"] = "1.1",
                ["metadata"] = new JsonArray(new JsonObject
                {
                    ["preferred_network"] = Directory, ["preferred_cache"] = Directory,
                    ["aliases"] = new JsonArray(Directory),
                }),
            });
            return;
        }

        var form = context.Request.HasFormContentType ? await context.Request.ReadFormAsync() : FormCollection.Empty;
        if (context.Request.Path != $"/{PlayedVault.Tenant}/oauth2/v2.0/token"
            || (string?)form["client_id"] != Client || (string?)form["client_secret"] != _secret)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            await context.Response.WriteAsJsonAsync(new JsonObject { ["error"] = "invalid_client" });
            return;
        }

        await context.Response.WriteAsJsonAsync(new JsonObject
        {
            ["token_type"] = "Bearer", ["expires_in"] = 86_399, ["ext_expires_in"] = 86_399, ["access_token"] = _token,
        });
    }

    private async Task AnswerAsVaultAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var answer = Vault.Answer(
            context.Request.Method, context.Request.Path, context.Request.Headers.Authorization == $"Bearer {_token}",
            body.ToArray());
        context.Response.StatusCode = answer.Status;
        if (answer.Header is var (name, value)) context.Response.Headers[name] = value;
        var json = answer.Error is { } error
            ? new JsonObject { ["error"] = new JsonObject { ["code"] = error, ["message"] = error } } : answer.Body;
        if (json is not null) await context.Response.WriteAsJsonAsync(json);
    }
}
