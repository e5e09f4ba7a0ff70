namespace KeyRecovery.Api.Options;

/// <summary>The keys that sign what is sent to webhooks.</summary>
internal sealed class WebhookOptions
{
    /// <summary>
    /// How many keys there have been, 1 to 9; the newest signs. One more draws a new key; fewer changes nothing.
    /// Default 1.
    /// </summary>
    public int Keys { get; set; } = 1;

    /// <summary>
    /// Whether the key before the newest is told beside it (<c>GET /v1/jwks</c>), while an instance may still sign with
    /// it. Default true: false at once where somebody else may have that key.
    /// </summary>
    public bool KeyOverlap { get; set; } = true;
}
