using System.Text.Json;
using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Service.Log;

/// <summary>
/// What this server's apps allow, for everybody (docs/protocol.md §17): each leaf of the log names the one of its time
/// by its hash, so that nobody can say later that another one held. It tells policies, and no app by its name.
/// </summary>
/// <param name="Bytes">The statement, JSON.</param>
/// <param name="Hash">Its SHA-256.</param>
internal sealed record PolicyStatement(ReadOnlyMemory<byte> Bytes, Hash256 Hash)
{
    /// <summary>Of the configured apps: each policy once, in the order of its text.</summary>
    public static PolicyStatement Of(IAppPolicies policies)
    {
        var each = policies.Apps.Select(app => Write(policies.Of(app))).Distinct().Order(StringComparer.Ordinal);
        var bytes = System.Text.Encoding.UTF8.GetBytes($"{{\"policies\":[{string.Join(',', each)}]}}");
        return new PolicyStatement(bytes, Hash256.Of(bytes));
    }

    /// <summary>The file that it is in.</summary>
    public static string NameOf(Hash256 hash) => $"policy/{Convert.ToHexStringLower(hash.ToArray())}";

    /// <summary>Puts it among the log's files, where it is not there yet.</summary>
    public async ValueTask PutAsync(ILogFiles files, CancellationToken ct) =>
        await files.PutAsync([new LogFile(NameOf(Hash), Bytes)], ct);

    private static string Write(AppPolicy policy)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteBoolean("codeNeedsToken", policy.CodeNeedsToken);
            json.WriteNumber("trustAfterHours", policy.TrustAfter.TotalHours);
            json.WriteNumber("itemBytes", policy.ItemBytes);
            json.WriteNumber("commitsPerDay", policy.CommitsPerDay);
            json.WriteNumber("erasureHoldHours", policy.ErasureHold.TotalHours);
            json.WriteNumber("passphraseGuesses", policy.Passphrase.Budget);
            json.WriteNumber("passphraseFreeGuesses", policy.Passphrase.FreeAttempts);
            json.WriteStartArray("passphraseWaitMinutes");
            foreach (var wait in policy.Passphrase.Waits) json.WriteNumberValue(wait.TotalMinutes);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
