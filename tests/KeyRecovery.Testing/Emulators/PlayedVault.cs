using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;
using KeyRecovery.Storage.Azure.Ring;
using KeyRecovery.Storage.Tests.Places;

namespace KeyRecovery.Storage.Tests.Vaults;

/// <summary>
/// An Azure Key Vault, played below the real client since none can be had: secrets with versions, soft deletion, and
/// purge. Setting is no compare-and-set, as there.
/// </summary>
public sealed class PlayedVault : HttpPipelineTransport
{
    /// <summary>Where it says to be.</summary>
    public const string Host = "keys.vault.azure.net";

    private readonly HttpClientTransport _requests = new();
    private readonly Lock _lock = new();

    /// <summary>The versions of each secret, the newest last.</summary>
    public ConcurrentDictionary<string, List<string>> Secrets { get; } = new();

    /// <summary>Those that are deleted and not purged.</summary>
    public ConcurrentDictionary<string, List<string>> Deleted { get; } = new();

    /// <summary>What it says of what can be had back.</summary>
    public string RecoveryLevel { get; set; } = "Recoverable+Purgeable";

    /// <summary>Whether it says that it purges, and does not.</summary>
    public bool Keeps { get; set; }

    /// <summary>Whether it answers that it cannot.</summary>
    public bool IsDown { get; set; }

    /// <summary>How many of the next answers are 429.</summary>
    public int Throttles { get; set; }

    /// <summary>A made-up value in the place of each secret.</summary>
    public string? Says { get; set; }

    /// <summary>How many requests there were.</summary>
    public int Asked { get; private set; }

    /// <summary>The client of an instance.</summary>
    public KekVault Open(HttpPipelinePolicy? between = null, int retries = 4)
    {
        var options = KekVault.Options();
        options.Transport = this;
        options.Retry.MaxRetries = retries;
        options.Retry.Delay = TimeSpan.FromMilliseconds(1);
        if (between is not null) options.AddPolicy(between, HttpPipelinePosition.PerRetry);
        return new KekVault(new SecretClient(new Uri($"https://{Host}"), new Token(), options), new Hasty());
    }

    public override Request CreateRequest() => _requests.CreateRequest();

    public override void Process(HttpMessage message) => throw new NotSupportedException("nothing waits here");

    public override async ValueTask ProcessAsync(HttpMessage message)
    {
        await Task.Yield();
        lock (_lock)
        {
            Asked++;
            message.Response = Answer(message.Request);
        }
    }

    private Response Answer(Request request)
    {
        if (IsDown) return new MadeResponse(503);
        if (Throttles > 0)
        {
            Throttles--;
            return new MadeResponse(429).With("retry-after-ms", "1");
        }

        if (!request.Headers.Contains("Authorization"))
            return new MadeResponse(401).With(
                "WWW-Authenticate",
                "Bearer authorization=\"https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555\", "
                + "resource=\"https://vault.azure.net\"");
        var (method, parts) = (request.Method.Method, request.Uri.ToUri().AbsolutePath.Trim('/').Split('/'));
        return (method, parts) switch
        {
            ("PUT", ["secrets", var name]) => Set(name, request),
            ("GET", ["secrets"]) => List(Secrets, "secrets"),
            ("GET", ["deletedsecrets"]) => List(Deleted, "deletedsecrets"),
            ("GET", ["secrets", var name, ..]) => Tell(Secrets, name),
            ("GET", ["deletedsecrets", var name]) => Tell(Deleted, name),
            ("DELETE", ["secrets", var name]) => Delete(name),
            ("DELETE", ["deletedsecrets", var name]) => Purge(name),
            _ => new MadeResponse(400),
        };
    }

    private MadeResponse Set(string name, Request request)
    {
        using var body = new MemoryStream();
        request.Content!.WriteTo(body, default);
        // A name that is deleted is taken until it is purged.
        if (Deleted.ContainsKey(name)) return new MadeResponse(409, "Conflict");
        Secrets.GetOrAdd(name, _ => []).Add(JsonNode.Parse(body.ToArray())!["value"]!.GetValue<string>());
        return Tell(Secrets, name);
    }

    private MadeResponse Tell(ConcurrentDictionary<string, List<string>> from, string name) =>
        from.TryGetValue(name, out var versions)
            ? Json(new JsonObject
            {
                ["value"] = Says ?? versions[^1], ["id"] = $"https://{Host}/secrets/{name}/{versions.Count}",
                ["recoveryId"] = $"https://{Host}/deletedsecrets/{name}",
                ["attributes"] = new JsonObject { ["enabled"] = true, ["recoveryLevel"] = RecoveryLevel },
            })
            : new MadeResponse(404, "SecretNotFound");

    private MadeResponse List(ConcurrentDictionary<string, List<string>> of, string kind) => Json(new JsonObject
    {
        ["value"] = new JsonArray([.. of.Keys.Select(name => new JsonObject
        {
            ["id"] = $"https://{Host}/secrets/{name}",
            ["recoveryId"] = $"https://{Host}/{kind}/{name}",
            ["attributes"] = new JsonObject { ["enabled"] = true },
        })]),
        ["nextLink"] = null,
    });

    private MadeResponse Delete(string name)
    {
        if (!Secrets.TryRemove(name, out var versions)) return new MadeResponse(404, "SecretNotFound");
        Deleted[name] = versions;
        return Tell(Deleted, name);
    }

    private MadeResponse Purge(string name)
    {
        if (!Deleted.ContainsKey(name)) return new MadeResponse(404, "SecretNotFound");
        if (!RecoveryLevel.Contains("Purgeable", StringComparison.Ordinal)) return new MadeResponse(403, "Forbidden");
        if (!Keeps) Deleted.TryRemove(name, out _);
        return new MadeResponse(204);
    }

    private static MadeResponse Json(JsonObject body) =>
        new MadeResponse(200, null, JsonSerializer.SerializeToUtf8Bytes(body)).With("Content-Type", "application/json");

    private sealed class Token : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new("a-token", DateTimeOffset.MaxValue);

        public override ValueTask<AccessToken> GetTokenAsync(
            TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }

    // What a vault does in seconds is done here at once.
    private sealed class Hasty : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
