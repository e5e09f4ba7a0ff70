namespace KeyRecovery.Protocol.Realms;

/// <summary>What a management key tells a realm (docs/protocol.md §14.4). The numbers are the format's.</summary>
public enum RealmAction
{
    /// <summary>Reads the status, and changes nothing.</summary>
    Status = 1,

    /// <summary>Evaluates nothing until resumed.</summary>
    Pause = 2,

    /// <summary>Ends a pause.</summary>
    Resume = 3,

    /// <summary>Destroys the share and forgets the slot but for its id.</summary>
    Delete = 4,

    /// <summary>Tells the newest link of the account's chain.</summary>
    Head = 5,

    /// <summary>Replaces the management key.</summary>
    Key = 6,
}
