namespace KeyRecovery.Api.Options;

/// <summary>Erasures that devices ask for.</summary>
internal sealed class ErasureOptions
{
    /// <summary>Hours for which one is held, so that it can be cancelled: 0 to 720. Default 72.</summary>
    public int HoldHours { get; set; } = 72;
}
