using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace KeyRecovery.Api.Tests.Support;

/// <summary>
/// An app's back end that is told its feed, on a port of its own: it keeps all that comes, and takes it unless it is
/// told to do something else with the next one.
/// </summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly ConcurrentQueue<(string Token, byte[] Body)> _came = new();
    private readonly ConcurrentQueue<Func<HttpContext, Task>> _next = new();
    private readonly WebApplication _app;
    private int _elsewhere;

    private WebhookReceiver(WebApplication app) => _app = app;

    /// <summary>The webhook.</summary>
    public string Address => $"{_app.Urls.First()}/hook?key=%2F";

    /// <summary>Another route of it, to which nothing leads but a redirect.</summary>
    public string Elsewhere => $"{_app.Urls.First()}/elsewhere";

    /// <summary>How often that was asked.</summary>
    public int AskedElsewhere => _elsewhere;

    /// <summary>All that came.</summary>
    public IReadOnlyList<(string Token, byte[] Body)> Came => [.. _came];

    public static async Task<WebhookReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls", "http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        var receiver = new WebhookReceiver(builder.Build());
        receiver._app.MapPost("/hook", receiver.TakeAsync);
        receiver._app.Map("/elsewhere", () => Interlocked.Increment(ref receiver._elsewhere));
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>What it does with the next one, behind what it was told before.</summary>
    public void Next(Func<HttpContext, Task> answer) => _next.Enqueue(answer);

    /// <summary>Waits until so many came.</summary>
    public async Task CameAsync(int count)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (_came.Count < count) await Task.Delay(20, limit.Token);
    }

    /// <summary>Waits for an event of a kind among those that came from a place on.</summary>
    public async Task HeardAsync(string kind, int from = 0)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!Kinds(from).Contains(kind)) await Task.Delay(20, limit.Token);
    }

    /// <summary>The kinds of all events that came from a place on.</summary>
    public IReadOnlyList<string> Kinds(int from = 0) => [.. Came.Skip(from).SelectMany(one => Events(one.Body))
        .Select(one => one.GetProperty("kind").GetString()!)];

    /// <summary>The events of a body.</summary>
    public static IEnumerable<JsonElement> Events(byte[] body) =>
        JsonDocument.Parse(body).RootElement.GetProperty("events").EnumerateArray();

    /// <summary>Whether what came is what a server sent it, as docs/protocol.md §20 asks of whoever is told.</summary>
    public async Task<TokenValidationResult> VerifyAsync(
        TestHost host, string token, byte[] body, string? audience = null)
    {
        var keys = new JsonWebKeySet(await host.Client.GetStringAsync("/v1/jwks"));
        Assert.All(keys.Keys, key => Assert.Equal((false, "sig", "ES256"), (key.HasPrivateKey, key.Use, key.Alg)));
        var read = await new JsonWebTokenHandler().ValidateTokenAsync(token, new TokenValidationParameters
        {
            IssuerSigningKeys = keys.Keys, ValidAudience = audience ?? Address,
            ValidIssuer = $"https://{host.Address.Authority}", ValidTypes = ["keyrecovery-events+jwt"],
            ValidAlgorithms = ["ES256"], ClockSkew = TimeSpan.FromSeconds(5),
            TryAllIssuerSigningKeys = false,
        });
        if (read.IsValid)
            Assert.Equal(Base64Url.EncodeToString(SHA256.HashData(body)), read.Claims["sha256"]);
        return read;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Assert.Equal(("application/json", body.Length), (context.Request.ContentType, context.Request.ContentLength));
        var answer = _next.TryDequeue(out var told) ? told : _ => Task.CompletedTask;
        _came.Enqueue((context.Request.Headers.Authorization.ToString()["Bearer ".Length..], body.ToArray()));
        await answer(context);
    }
}
