using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery.Service.Log;

/// <summary>A witness's word against the log.</summary>
/// <param name="Witness">Whose.</param>
/// <param name="Theirs">The size that it says it cosigned.</param>
/// <param name="Ours">The size of our newest checkpoint.</param>
/// <param name="Shown">
/// What it shows for it, a checkpoint that our own key has signed; null where there is its word alone.
/// </param>
internal sealed record Contradiction(NoteKey Witness, ulong Theirs, ulong Ours, SignedNote? Shown)
{
    /// <summary>For the operator: who, and which sizes.</summary>
    public string Text => $"the witness {Witness.Name} "
        + (Theirs > Ours ? $"has cosigned size {Theirs}, and the log has {Ours}"
            : $"knows another tree of size {Theirs} than the log, which has {Ours}")
        + (Shown is null ? "; it shows nothing for it" : "; it shows a checkpoint that this log's key has signed");
}
