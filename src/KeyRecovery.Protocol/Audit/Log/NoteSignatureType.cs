namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>What a note's key signs: the identifier byte of C2SP signed-note.</summary>
public enum NoteSignatureType
{
    /// <summary>The note's text, as it is.</summary>
    Ed25519 = 1,

    /// <summary>A checkpoint with a time (C2SP tlog-cosignature, cosignature/v1).</summary>
    Cosignature = 4,
}
