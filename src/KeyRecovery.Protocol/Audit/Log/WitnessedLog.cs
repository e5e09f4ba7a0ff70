using System.Collections.Immutable;

namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>
/// What a witness knows of one log, and what it answers to a request (C2SP tlog-witness, <c>add-checkpoint</c>).
/// Nothing changes by asking: whoever cosigns keeps the checkpoint first, and lets no other request come between.
/// </summary>
/// <param name="Keys">The log's keys: one, or several while it changes them. All have the log's name.</param>
/// <param name="Last">The checkpoint that was cosigned last; null where none was.</param>
public sealed record WitnessedLog(ImmutableArray<NoteKey> Keys, SignedNote? Last)
{
    /// <summary>What is answered to a request that is about this log.</summary>
    public WitnessDecision Decide(WitnessRequest request)
    {
        var own = request.Checkpoint.Only(Keys);
        // A wrong signature under a known name and id spoils the note, whatever the others are.
        if (own.Signatures.IsEmpty || Keys.Any(key => !own.Of(key).IsEmpty && !own.IsSignedBy(key)))
            return new WitnessDecision.NotSigned();
        if (!Checkpoint.TryRead(own.Text, out var shown) || request.OldSize > shown.Size)
            return new WitnessDecision.Malformed();
        var known = Known;
        var isFork = shown.Size == known.Size && shown.Root != known.Root;
        if (request.OldSize != known.Size)
            return new WitnessDecision.OtherSize(known.Size) { Evidence = isFork ? Against(own) : null };
        if (!MerkleProof.VerifyConsistency(known.Size, known.Root, shown.Size, shown.Root, request.Proof))
            return new WitnessDecision.Inconsistent { Evidence = Against(own) };
        return new WitnessDecision.Cosign(own);
    }

    // What cannot be read is not taken for nothing.
    private Checkpoint Known => Last is null
        ? new Checkpoint("", 0, MerkleEdge.Empty.Root)
        : Checkpoint.TryParse(Last.Text, out var known)
            ? known : throw new InvalidOperationException("what was cosigned last is no checkpoint");

    private WitnessEvidence? Against(SignedNote shown) =>
        Last is null ? null : new WitnessEvidence(Last.Only(Keys), shown);
}
