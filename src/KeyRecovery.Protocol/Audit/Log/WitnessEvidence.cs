namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>Two checkpoints that one log has signed.</summary>
/// <param name="Known">The one that was cosigned.</param>
/// <param name="Shown">The other one.</param>
public sealed record WitnessEvidence(SignedNote Known, SignedNote Shown)
{
    /// <summary>
    /// Whether they are of one size and of two trees: nobody but a log that forks signs such. Otherwise the proof
    /// between them did not hold, which may be the fault of whoever made the proof.
    /// </summary>
    public bool IsFork =>
        Checkpoint.TryRead(Known.Text, out var known) && Checkpoint.TryRead(Shown.Text, out var shown)
        && known.Origin == shown.Origin && known.Size == shown.Size && known.Root != shown.Root;

    /// <summary>Whether a key of the log has signed both.</summary>
    public bool IsSignedBy(NoteKey log) => Known.IsSignedBy(log) && Shown.IsSignedBy(log);
}
