namespace KeyRecovery.Api.Webhooks;

/// <summary>Which addresses a webhook may have.</summary>
internal enum WebhookReach
{
    /// <summary>What anybody on the Internet may have.</summary>
    Public,

    /// <summary>Private and loopback ones as well.</summary>
    Private,

    /// <summary>Loopback alone.</summary>
    Loopback,
}
