namespace KeyRecovery.Service.Erasure;

/// <summary>What stands between an erasure and its second receipt.</summary>
internal enum Finality
{
    /// <summary>Nothing: it is signed.</summary>
    Final,

    /// <summary>A KEK of its time lives: a rotation is due.</summary>
    AwaitKek,

    /// <summary>A backup set holds one of them, and has not expired.</summary>
    AwaitSets,

    /// <summary>The clock was moved, and what it says of either is not believed.</summary>
    AwaitClock,

    /// <summary>Somebody else wrote the row: the next pass looks again.</summary>
    Raced,
}
