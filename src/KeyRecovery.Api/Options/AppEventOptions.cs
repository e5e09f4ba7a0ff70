namespace KeyRecovery.Api.Options;

/// <summary>How an app's back end is told what was done to its accounts, beside <c>GET /v1/events</c>.</summary>
internal sealed class AppEventOptions
{
    /// <summary>
    /// Where its feed is sent, at most 2,048 characters: https; in Development also http on loopback. Default: nowhere.
    /// </summary>
    public string? Webhook { get; set; }

    /// <summary>
    /// Whether that may lie at a private or loopback address. Default false: whoever chooses the name, in a setting or
    /// in DNS, does not reach what stands beside this server. Link-local addresses are never connected to.
    /// </summary>
    public bool AllowPrivate { get; set; }
}
