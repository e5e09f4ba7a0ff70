namespace KeyRecovery.Protocol.Vault;

/// <summary>What came of adding a link to a head.</summary>
public abstract record ChainHeadStep
{
    private ChainHeadStep() { }

    /// <summary>The link is valid.</summary>
    /// <param name="Head">The head with the link.</param>
    public sealed record Ok(ChainHead Head) : ChainHeadStep;

    /// <summary>The link breaks a rule.</summary>
    /// <param name="Fault">Which.</param>
    public sealed record Refused(ProtocolFault Fault) : ChainHeadStep;
}
