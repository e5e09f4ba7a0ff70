using System.Net;
using System.Text.Json;
using KeyRecovery.Protocol.Realms;

namespace KeyRecovery.Testing.Realms;

/// <summary>What a realm answered: a status whose signature was verified, or a problem.</summary>
/// <param name="Code">The HTTP status.</param>
/// <param name="Status">The signed status; null with a problem.</param>
/// <param name="Problem">The problem; undefined with a status.</param>
public sealed record TestRealmAnswer(HttpStatusCode Code, RealmStatus? Status, JsonElement Problem)
{
    /// <summary>The end of the problem's type, such as <c>guess-wait</c>; <c>ok</c> without one.</summary>
    public string Slug => Problem.ValueKind == JsonValueKind.Undefined
        ? "ok"
        : Problem.GetProperty("type").GetString()!["urn:keyrecovery:error:".Length..];

    /// <summary>The field that the problem names, or null.</summary>
    public string? Field => Problem.ValueKind == JsonValueKind.Object && Problem.TryGetProperty("field", out var named)
        ? named.GetString() : null;

    /// <summary>How many guesses are left, as either kind of answer tells.</summary>
    public int GuessesLeft => Status?.GuessesLeft ?? Problem.GetProperty("guessesLeft").GetInt32();

    /// <summary>When the next guess is due, in milliseconds, as either kind of answer tells.</summary>
    public long NextAttemptInMs => (long?)Status?.NextAttemptInMs ?? Problem.GetProperty("nextAttemptInMs").GetInt64();
}
