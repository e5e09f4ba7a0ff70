using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Realms;

namespace KeyRecovery.Cli.Input;

/// <summary>
/// Reads <c>--realms FILE</c>, the app's own word for which servers guard passphrases: a JSON array of generations
/// <c>{"realms": […], "threshold"?}</c>, the newest first, or of the realms of the only one. A realm is
/// <c>{"name", "url", "fingerprint", "tokenFile"}</c>. Token files are looked for beside it.
/// </summary>
internal static class RealmFile
{
    private const int Most = 1024 * 1024;

    public static ImmutableArray<RealmGeneration> Read(string path)
    {
        try
        {
            using var json = JsonDocument.Parse(BoundedFile.Read(path, Most));
            var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            var list = json.RootElement.EnumerateArray().ToList();
            return list.Exists(e => e.TryGetProperty("realms", out _))
                ? [.. list.Select(g => ReadGeneration(g.GetProperty("realms"), Threshold(g), folder))]
                : [ReadGeneration(json.RootElement, null, folder)];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException or ArgumentException or InvalidDataException)
        {
            throw new CommandException(CliFailure.Usage(
                "the file of --realms is not a list of 1 to 8 realms, nor of generations of them",
                """[{"name": "…", "url": "https://…", "fingerprint": "43 characters", "tokenFile": "…"}]""",
                """[{"realms": […], "threshold": 2}, …]"""));
        }
    }

    private static int? Threshold(JsonElement generation) =>
        generation.TryGetProperty("threshold", out var threshold) ? threshold.GetInt32() : null;

    private static RealmGeneration ReadGeneration(JsonElement list, int? threshold, string folder)
    {
        PinnedRealm[] realms = [.. list.EnumerateArray().Select(realm => Read(realm, folder))];
        var count = realms.DistinctBy(realm => realm.Fingerprint).Count();
        return count == realms.Length && count <= RealmLimits.Realms
            && PassphraseParameters.IsThreshold(threshold ?? count, count)
            ? new RealmGeneration([.. realms]) { MinimumThreshold = threshold } : throw new FormatException();
    }

    private static PinnedRealm Read(JsonElement realm, string folder)
    {
        var (name, fingerprint) = (realm.GetProperty("name").GetString(), realm.GetProperty("fingerprint").GetString());
        var url = new Uri(realm.GetProperty("url").GetString()!, UriKind.Absolute);
        if (string.IsNullOrWhiteSpace(name) || ServerAddress.FindFault(url) is not null
            || !Hash256.TryParse(fingerprint, out _)) throw new FormatException();
        var tokenFile = Path.Combine(folder, realm.GetProperty("tokenFile").GetString()!);
        return new PinnedRealm
        {
            Name = name,
            Server = url,
            Fingerprint = fingerprint!,
            Token = _ => new(Encoding.UTF8.GetString(BoundedFile.Read(tokenFile, Most)).Trim()),
        };
    }
}
