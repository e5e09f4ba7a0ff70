namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>What is wrong with a log.</summary>
public enum LogFaultKind
{
    /// <summary>A tile or a bundle is not there.</summary>
    Missing = 1,

    /// <summary>A tile or a bundle has more or less in it than its path says.</summary>
    Malformed,

    /// <summary>An entry is no leaf (<see cref="AuditLeaf"/>).</summary>
    NotLeaf,

    /// <summary>An entry is a leaf of a version that this program does not know.</summary>
    NewerLeaf,

    /// <summary>
    /// An entry does not hash to what its tile says. The path is the bundle's where what stands above vouches for the
    /// tile, else the tile's.
    /// </summary>
    OtherLeaf,

    /// <summary>A tile does not hash to what the one above it says.</summary>
    OtherNode,

    /// <summary>
    /// The tiles and bundles agree, and a checkpoint says another tree: one of these leaves at least is another.
    /// </summary>
    OtherTree,

    /// <summary>A checkpoint of the log was told that has more leaves.</summary>
    Shorter,

    /// <summary>A policy is told that is not the one that leaves name by its hash.</summary>
    OtherPolicy,
}
