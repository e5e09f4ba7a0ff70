namespace KeyRecovery.Service.Operations;

/// <summary>
/// What all young authorities of an account together may do (docs/protocol.md §3): enough for a person who sets up new
/// devices, and little enough that an undo mends it.
/// </summary>
public static class YoungLimits
{
    /// <summary>Links in a day (UTC).</summary>
    public const int LinksPerDay = 4;

    /// <summary>Commits in a day (UTC), those with a link among them.</summary>
    public const int CommitsPerDay = 500;

    /// <summary>Active authorities that young ones added and that are still young themselves.</summary>
    public const int Additions = 4;
}
