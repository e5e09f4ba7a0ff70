using System.Collections.Immutable;

namespace KeyRecovery.Service.Keys;

/// <summary>The keys of webhooks that count: the newest signs, and while they overlap the one before it is told too.
/// </summary>
public sealed class WebhookKeys : IDisposable
{
    internal WebhookKeys(ImmutableArray<WebhookKey> told) => Told = told;

    /// <summary>Those by which anybody verifies, the newest first; empty where none was drawn.</summary>
    public ImmutableArray<WebhookKey> Told { get; }

    /// <summary>What signs.</summary>
    /// <exception cref="InvalidOperationException">None was drawn.</exception>
    public WebhookKey Signing =>
        Told is [var newest, ..] ? newest : throw new InvalidOperationException("webhooks have no key");

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var key in Told) key.Dispose();
    }
}
