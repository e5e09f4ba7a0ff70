namespace KeyRecovery;

/// <summary>What is wrong with something that one account made for another (docs/protocol.md §19).</summary>
public enum IdentityFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Not a thing of this kind.</summary>
    Malformed,

    /// <summary>It is of a version that this program does not know.</summary>
    UpgradeRequired,

    /// <summary>Whoever is said to have made it has not signed it.</summary>
    Signature,

    /// <summary>It is sealed to another key than the reader's.</summary>
    OtherRecipient,

    /// <summary>
    /// It does not open: it is from somebody else, for another purpose, was changed, or is another key than the one
    /// committed to.
    /// </summary>
    Seal,

    /// <summary>The record is older than the one that is known, or another one of its version.</summary>
    Older,
}
