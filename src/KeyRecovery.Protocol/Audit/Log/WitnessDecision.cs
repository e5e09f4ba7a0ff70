namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>What a witness does with a request; there are no others than those here.</summary>
public abstract record WitnessDecision
{
    private WitnessDecision() { }

    /// <summary>
    /// What the request shows against the log, which signed both; null where it shows nothing. It is kept, whatever is
    /// answered.
    /// </summary>
    public WitnessEvidence? Evidence { get; init; }

    /// <summary>The status of the answer in HTTP, as tlog-witness has it.</summary>
    public abstract int Status { get; }

    /// <summary>It goes on from what was cosigned last: keep it, then cosign it.</summary>
    /// <param name="Note">The checkpoint with the log's own signatures alone.</param>
    public sealed record Cosign(SignedNote Note) : WitnessDecision
    {
        /// <inheritdoc/>
        public override int Status => 200;
    }

    /// <summary>No checkpoint, or the old size is beyond it.</summary>
    public sealed record Malformed : WitnessDecision
    {
        /// <inheritdoc/>
        public override int Status => 400;
    }

    /// <summary>No key of the log has signed it, or one of several signatures is wrong.</summary>
    public sealed record NotSigned : WitnessDecision
    {
        /// <inheritdoc/>
        public override int Status => 403;
    }

    /// <summary>The old size is not the one that was cosigned last.</summary>
    /// <param name="Size">That one; 0 where none was.</param>
    public sealed record OtherSize(ulong Size) : WitnessDecision
    {
        /// <inheritdoc/>
        public override int Status => 409;
    }

    /// <summary>It does not go on from what was cosigned last, or the proof does not say so.</summary>
    public sealed record Inconsistent : WitnessDecision
    {
        /// <inheritdoc/>
        public override int Status => 422;
    }
}
