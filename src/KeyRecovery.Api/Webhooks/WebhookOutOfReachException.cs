namespace KeyRecovery.Api.Webhooks;

/// <summary>None of a webhook's addresses is one that it may have.</summary>
internal sealed class WebhookOutOfReachException : Exception;
