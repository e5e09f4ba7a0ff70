namespace KeyRecovery;

/// <summary>What kind of authority a link adds (docs/protocol.md §3).</summary>
public enum AuthorityKind
{
    /// <summary>A device, with keys made on it.</summary>
    Device = 1,

    /// <summary>A recovery code.</summary>
    Code = 2,

    /// <summary>A passphrase behind the OPRF.</summary>
    Passphrase = 3,

    /// <summary>A passkey's PRF output.</summary>
    Prf = 4,

    /// <summary>A trusted contact.</summary>
    Contact = 5,
}
