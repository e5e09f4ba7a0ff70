namespace KeyRecovery;

/// <summary>
/// A realm of the app's own configuration: a server, of an operator of its own, that evaluates and counts guesses of
/// passphrases. Where it is and what its keys are never comes from another server.
/// </summary>
public sealed record PinnedRealm
{
    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>Its origin, for example <c>https://realm.example.net</c>.</summary>
    public required Uri Server { get; init; }

    /// <summary>
    /// The fingerprint of its keys, 43 characters of base64url, as <c>GET /v1/realm</c> and <c>init</c> print it.
    /// </summary>
    public required string Fingerprint { get; init; }

    /// <summary>
    /// Fetches the app's token for its user with this realm as audience: never the home server's, which would be an
    /// account to whoever runs the realm. What takes longer than 8 s, or throws, counts as a realm that
    /// cannot be had. Called on any thread.
    /// </summary>
    public required Func<CancellationToken, ValueTask<string>> Token { get; init; }
}
