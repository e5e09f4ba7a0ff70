namespace KeyRecovery.Service.Maintenance;

/// <summary>Work in the background that one instance does for all (<see cref="ILeases"/>).</summary>
public enum Duty
{
    /// <summary>A sweep of what broken-off requests left.</summary>
    Sweep,

    /// <summary>A pass over the erasures that are due.</summary>
    Erasure,

    /// <summary>A rotation of the KEK or the root key.</summary>
    Rotation,

    /// <summary>The making of a backup set.</summary>
    Backup,

    /// <summary>A pass of the log's sequencer.</summary>
    Log,

    /// <summary>A round of asking the witnesses.</summary>
    Cosigning,

    /// <summary>A sweep of link sessions that are over.</summary>
    Links,

    /// <summary>A removal of what the apps' feeds have had for 30 days.</summary>
    Feed,

    /// <summary>The sending of the feeds to the apps' webhooks, for as long as it is held.</summary>
    Webhooks,

    /// <summary>A look for guesses that no app was told of.</summary>
    Guesses,

    /// <summary>A pass over the accounts of an issuer that has a new name.</summary>
    Move,
}
