using System.Collections.Immutable;
using System.Text.Json;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Client.Realms;

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
            return [.. json.RootElement.EnumerateArray().Select(realm => Read(realm, folder))];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or UriFormatException)
        {
            throw new CommandException(CliFailure.Usage(
                "the file of --realms is not a list of realms", """[{"name": "…", "url": "https://…", "fingerprint": "43 characters", "tokenFile": "optional"}]"""));
        }
    }

    private static PinnedRealm Read(JsonElement realm, string folder)
    {
        var tokenFile = realm.TryGetProperty("tokenFile", out var file) ? Path.Combine(folder, file.GetString()!) : null;
        return new PinnedRealm
        {
            Name = realm.GetProperty("name").GetString()!,
            Server = new Uri(realm.GetProperty("url").GetString()!, UriKind.Absolute),
            Fingerprint = realm.GetProperty("fingerprint").GetString()!,
            Token = tokenFile is null ? null : async ct => (await File.ReadAllTextAsync(tokenFile, ct)).Trim(),
        };
    }
}
