namespace KeyRecovery;

/// <summary>Why a revocation removes somebody, or leaves somebody who came in through a stolen device.</summary>
public enum RevocationReason
{
    /// <summary>Goes: it was named.</summary>
    Named,

    /// <summary>Goes: a stolen one that was named has added it.</summary>
    AddedByNamed,

    /// <summary>Goes: one that came in through a stolen one has added it.</summary>
    AddedThroughOthers,

    /// <summary>Stays: it is the device that asks, which the person holds.</summary>
    ThisDevice,

    /// <summary>Stays: it is the code that signs.</summary>
    Signs,

    /// <summary>Stays: the person has shown to hold it.</summary>
    InHand,

    /// <summary>Stays: the person says so.</summary>
    Kept,
}
