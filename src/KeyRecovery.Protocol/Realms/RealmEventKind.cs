namespace KeyRecovery;

/// <summary>What a realm notes of a slot (docs/protocol.md §14.4). The numbers are the format's.</summary>
public enum RealmEventKind
{
    /// <summary>It was registered.</summary>
    Registered = 1,

    /// <summary>A guess was counted.</summary>
    Attempt = 2,

    /// <summary>A right guess gave all guesses back.</summary>
    Reset = 3,

    /// <summary>A device paused it.</summary>
    Paused = 4,

    /// <summary>A device resumed it.</summary>
    Resumed = 5,

    /// <summary>The guesses were used up.</summary>
    Destroyed = 6,

    /// <summary>A guess was refused uncounted: paused, waiting or destroyed. Noted at most once an hour.</summary>
    Refused = 7,
}
