namespace KeyRecovery.Service.Stores;

/// <summary>What a pair of stores keeps of a move that it has a part in, so that never two pairs are served.</summary>
/// <param name="Id">Which move: 16 random bytes.</param>
/// <param name="State">How far it is, as far as this pair goes.</param>
/// <param name="Other">Where the other pair is, in words for an operator.</param>
public sealed record MoveMark(Guid Id, MoveState State, string Other);
