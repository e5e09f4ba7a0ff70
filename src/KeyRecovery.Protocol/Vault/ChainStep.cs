namespace KeyRecovery.Protocol.Vault;

/// <summary>What came of adding a link to a chain.</summary>
public abstract record ChainStep
{
    private ChainStep() { }

    /// <summary>The link is valid.</summary>
    /// <param name="Chain">The chain with the link.</param>
    public sealed record Ok(Chain Chain) : ChainStep;

    /// <summary>The link breaks a rule.</summary>
    /// <param name="Fault">Which.</param>
    public sealed record Refused(ProtocolFault Fault) : ChainStep;
}
