namespace KeyRecovery.Protocol.Primitives;

/// <summary>Writes a secret into its place, so that it never exists anywhere else.</summary>
public delegate void SecretFill(Span<byte> destination);
