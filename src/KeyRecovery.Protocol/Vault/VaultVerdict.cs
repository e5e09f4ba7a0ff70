namespace KeyRecovery.Protocol.Vault;

/// <summary>What a reader makes of a vault that a server told.</summary>
public abstract record VaultVerdict
{
    private VaultVerdict() { }

    /// <summary>Everything holds.</summary>
    /// <param name="Vault">The vault, now true.</param>
    public sealed record Ok(VerifiedVault Vault) : VaultVerdict
    {
        /// <summary>
        /// What was known and does not agree with it, where the home was restored since; else null.
        /// </summary>
        public RestoreConflict? Conflict { get; init; }
    }

    /// <summary>The server lied, or is not the one it was.</summary>
    /// <param name="Fault">How.</param>
    public sealed record Refused(ProtocolFault Fault) : VaultVerdict;
}
