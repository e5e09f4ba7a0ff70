using System.Collections.Immutable;
using System.Text.Json;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Input;

/// <summary>
/// Reads <c>--realms FILE</c>, the app's own word for which servers guard passphrases: a JSON array of
/// <c>{"name", "url", "fingerprint", "tokenFile"?}</c>. Token files are looked for beside it.
/// </summary>
internal static class RealmFile
{
    public static ImmutableArray<PinnedRealm> Read(string path)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            PinnedRealm[] realms = [.. json.RootElement.EnumerateArray().Select(realm => Read(realm, folder))];
            return realms.Length is >= 1 and <= RealmLimits.Realms ? [.. realms] : throw new FormatException();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException or ArgumentException)
        {
            throw new CommandException(CliFailure.Usage(
                "the file of --realms is not a list of 1 to 8 realms",
                """[{"name": "…", "url": "https://…", "fingerprint": "43 characters", "tokenFile": "optional"}]"""));
        }
    }

    private static PinnedRealm Read(JsonElement realm, string folder)
    {
        var (name, fingerprint) = (realm.GetProperty("name").GetString(), realm.GetProperty("fingerprint").GetString());
        var url = new Uri(realm.GetProperty("url").GetString()!, UriKind.Absolute);
        if (string.IsNullOrWhiteSpace(name) || url.Scheme is not ("http" or "https")
            || !Hash256.TryParse(fingerprint, out _)) throw new FormatException();
        var tokenFile = realm.TryGetProperty("tokenFile", out var file)
            ? Path.Combine(folder, file.GetString()!) : null;
        return new PinnedRealm
        {
            Name = name,
            Server = url,
            Fingerprint = fingerprint!,
            Token = tokenFile is null ? null : async ct => (await File.ReadAllTextAsync(tokenFile, ct)).Trim(),
        };
    }
}
