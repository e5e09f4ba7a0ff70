namespace KeyRecovery.Protocol.Oprf;

/// <summary>
/// What a server answers (RFC 9497 §3.3.2): the blinded element under its share, and the proof that it is.
/// </summary>
/// <param name="Evaluated">The share times the blinded element.</param>
/// <param name="Proof">To be checked against the server's share key (<see cref="OprfRequest.Verify"/>).</param>
public sealed record OprfEvaluation(OprfElement Evaluated, OprfProof Proof);
