namespace KeyRecovery.Protocol.Realms;

/// <summary>What an authority asks of a realm (docs/protocol.md §14.4). The numbers are the format's.</summary>
public enum RealmAction
{
    /// <summary>Reads the status, and changes nothing.</summary>
    Status = 1,

    /// <summary>Evaluates nothing until resumed, for 30 days at most.</summary>
    Pause = 2,

    /// <summary>Ends a pause.</summary>
    Resume = 3,

    /// <summary>Gives the slot to the user of the token that comes with it.</summary>
    Subject = 4,

    /// <summary>Objects to a receipt of erasure: the slot is not destroyed.</summary>
    Objection = 5,
}
