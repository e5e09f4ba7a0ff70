namespace KeyRecovery.Storage.Files.Backups;

/// <summary>How far a restore is. Each step may be done again, and none after the next has begun.</summary>
public enum RestoreState
{
    /// <summary>The new files are made beside the old ones.</summary>
    Building,

    /// <summary>They are complete, and take the old ones' places.</summary>
    Swapping,

    /// <summary>They are there; what was erased is erased again, and orphans go.</summary>
    Joining,
}
