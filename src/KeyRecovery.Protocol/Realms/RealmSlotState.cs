namespace KeyRecovery.Protocol.Realms;

/// <summary>How a slot stands at a realm (docs/protocol.md §14.4). The numbers are the format's.</summary>
public enum RealmSlotState
{
    /// <summary>Registered, and not yet confirmed by a reset.</summary>
    Fresh = 1,

    /// <summary>In use.</summary>
    Live = 2,

    /// <summary>A device has paused it: nothing is evaluated.</summary>
    Paused = 3,

    /// <summary>Its guesses are used up: the share is destroyed.</summary>
    Destroyed = 4,
}
