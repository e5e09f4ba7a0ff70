namespace KeyRecovery.Service.Erasure;

/// <summary>What a pass made of one erasure, or what it waits for.</summary>
internal enum ErasureStep
{
    /// <summary>Nothing: it is not due, it is done, or somebody else was faster.</summary>
    None,

    /// <summary>Its key is destroyed, and its rows are due.</summary>
    Open,

    /// <summary>It has its second receipt.</summary>
    Final,

    /// <summary>The second receipt waits for a KEK: a rotation is due.</summary>
    AwaitKek,

    /// <summary>The second receipt waits for a backup set that holds one of the KEKs, and has not expired.</summary>
    AwaitSets,

    /// <summary>The clock was moved, and what it says is not believed.</summary>
    AwaitClock,

    /// <summary>
    /// The ring does not know the KEK of that time: it was put back from an older day, and proves nothing.
    /// </summary>
    AwaitRing,
}
