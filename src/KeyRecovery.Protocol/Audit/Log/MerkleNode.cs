namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>A full subtree of 2^height leaves.</summary>
/// <param name="Height">0 for a leaf.</param>
/// <param name="Index">Its number among those of its height, from 0.</param>
public readonly record struct MerkleNode(int Height, ulong Index);
