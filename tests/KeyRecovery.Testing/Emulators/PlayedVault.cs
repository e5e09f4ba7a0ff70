using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace KeyRecovery.Testing.Emulators;

/// <summary>
/// An Azure Key Vault, played since none can be had: secrets with versions, soft deletion, and purge. Setting is no
/// compare-and-set, as there.
/// </summary>
public sealed class PlayedVault
{
    /// <summary>Where it says to be.</summary>
    public const string Host = "keys.vault.azure.net";

    /// <summary>The directory of who asks it.</summary>
    public const string Tenant = "11111111-2222-3333-4444-555555555555";

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

    /// <summary>Answers one request after the other.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path, without the query.</param>
    /// <param name="isKnown">Whether it says who asks.</param>
    /// <param name="body">What was sent, where something was.</param>
    public VaultAnswer Answer(string method, string path, bool isKnown, byte[] body)
    {
        lock (_lock)
        {
            Asked++;
            if (IsDown) return new VaultAnswer(503);
            if (Throttles > 0)
            {
                Throttles--;
                return new VaultAnswer(429) { Header = ("retry-after-ms", "1") };
            }

            if (!isKnown)
                return new VaultAnswer(401)
                {
                    Header = (
                        "WWW-Authenticate",
                        $"Bearer authorization=\"https://login.microsoftonline.com/{Tenant}\", "
                        + "resource=\"https://vault.azure.net\""),
                };
            return (method, path.Trim('/').Split('/')) switch
            {
                ("PUT", ["secrets", var name]) => Set(name, body),
                ("GET", ["secrets"]) => List(Secrets, "secrets"),
                ("GET", ["deletedsecrets"]) => List(Deleted, "deletedsecrets"),
                ("GET", ["secrets", var name, ..]) => Tell(Secrets, name),
                ("GET", ["deletedsecrets", var name]) => Tell(Deleted, name),
                ("DELETE", ["secrets", var name]) => Delete(name),
                ("DELETE", ["deletedsecrets", var name]) => Purge(name),
                _ => new VaultAnswer(400),
            };
        }
    }

    private VaultAnswer Set(string name, byte[] body)
    {
        // A name that is deleted is taken until it is purged.
        if (Deleted.ContainsKey(name)) return new VaultAnswer(409, "Conflict");
        Secrets.GetOrAdd(name, _ => []).Add(JsonNode.Parse(body)!["value"]!.GetValue<string>());
        return Tell(Secrets, name);
    }

    private VaultAnswer Tell(ConcurrentDictionary<string, List<string>> from, string name) =>
        from.TryGetValue(name, out var versions)
            ? Json(new JsonObject
            {
                ["value"] = Says ?? versions[^1], ["id"] = $"https://{Host}/secrets/{name}/{versions.Count}",
                ["recoveryId"] = $"https://{Host}/deletedsecrets/{name}",
                ["attributes"] = new JsonObject { ["enabled"] = true, ["recoveryLevel"] = RecoveryLevel },
            })
            : new VaultAnswer(404, "SecretNotFound");

    private static VaultAnswer List(ConcurrentDictionary<string, List<string>> of, string kind) => Json(new JsonObject
    {
        ["value"] = new JsonArray([.. of.Keys.Select(name => new JsonObject
        {
            ["id"] = $"https://{Host}/secrets/{name}",
            ["recoveryId"] = $"https://{Host}/{kind}/{name}",
            ["attributes"] = new JsonObject { ["enabled"] = true },
        })]),
        ["nextLink"] = null,
    });

    private VaultAnswer Delete(string name)
    {
        if (!Secrets.TryRemove(name, out var versions)) return new VaultAnswer(404, "SecretNotFound");
        Deleted[name] = versions;
        return Tell(Deleted, name);
    }

    private VaultAnswer Purge(string name)
    {
        if (!Deleted.ContainsKey(name)) return new VaultAnswer(404, "SecretNotFound");
        if (!RecoveryLevel.Contains("Purgeable", StringComparison.Ordinal)) return new VaultAnswer(403, "Forbidden");
        if (!Keeps) Deleted.TryRemove(name, out _);
        return new VaultAnswer(204);
    }

    private static VaultAnswer Json(JsonObject body) => new(200) { Body = body };
}
