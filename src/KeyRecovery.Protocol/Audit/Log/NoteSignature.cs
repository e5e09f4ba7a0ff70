namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>A signature line of a note.</summary>
/// <param name="Name">Whose.</param>
/// <param name="KeyId">Under which key of that name.</param>
/// <param name="Signature">What the type of the key says.</param>
public readonly record struct NoteSignature(string Name, uint KeyId, ReadOnlyMemory<byte> Signature);
