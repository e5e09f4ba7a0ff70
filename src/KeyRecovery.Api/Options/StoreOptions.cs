namespace KeyRecovery.Api.Options;

/// <summary>Where a store lies.</summary>
internal sealed class StoreOptions
{
    /// <summary>A directory that belongs to this store alone: neither inside another's nor around it.</summary>
    public string? Directory { get; set; }
}
