namespace KeyRecovery.Api.Telemetry;

/// <summary>What an operator hears of this server as a realm. Nothing names a slot or a user.</summary>
internal sealed partial class RealmLog(ILogger<RealmLog> logger)
{
    [LoggerMessage(20, LogLevel.Warning,
        "A passphrase's guesses were used up, and this realm's share of its key is destroyed",
        EventName = "ShareDestroyed")]
    public partial void ShareDestroyed();
}
