namespace KeyRecovery;

/// <summary>How a slot stands at a realm (docs/protocol.md §14.4). The numbers are the format's.</summary>
public enum RealmSlotState
{
    /// <summary>Registered, and not yet seen in the chain.</summary>
    Fresh = 1,

    /// <summary>In use.</summary>
    Live = 2,

    /// <summary>Nothing is evaluated: a device has paused it, a fork lacks it, or a receipt of erasure came.</summary>
    Paused = 3,

    /// <summary>The share is destroyed: its guesses are used up, or it has left the chain.</summary>
    Destroyed = 4,
}
