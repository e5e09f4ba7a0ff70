namespace KeyRecovery.Client.Http;

/// <summary>Fetches tokens from the app.</summary>
internal static class AppToken
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);

    /// <summary>The token of the home server: the one that was given, or else the app's.</summary>
    public static async Task<Result<string>> OfHomeAsync(
        KeyRecoveryOptions options, string? given, CancellationToken ct)
    {
        if (given is not null) return BearerToken.Read(given);
        if (options.Token is not { } fetch) return new ClientFailure.Invalid("the app's token is needed here");
        return await FetchAsync(fetch, ct);
    }

    /// <summary>
    /// Asks the app. Its own way to a token may lead over the same network, or have a fault: nothing else is lost by
    /// it.
    /// </summary>
    public static async Task<Result<string>> FetchAsync(
        Func<CancellationToken, ValueTask<string>> fetch, CancellationToken ct)
    {
        try
        {
            return BearerToken.Read(await Task.Run(() => fetch(ct).AsTask(), ct).WaitAsync(Limit, ct));
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            return new ClientFailure.Transient($"there is no token for it now ({e.GetType().Name})", null);
        }
    }
}
