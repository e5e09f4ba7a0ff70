namespace KeyRecovery.Service.Stores;

/// <summary>What the stores say of their own files or containers.</summary>
/// <param name="Data">Problems of the data store; empty if it is sound.</param>
/// <param name="Keys">Problems of the key store; empty if it is sound.</param>
public sealed record IntegrityReport(IReadOnlyList<string> Data, IReadOnlyList<string> Keys)
{
    /// <summary>Both stores are sound.</summary>
    public bool IsSound => Data.Count == 0 && Keys.Count == 0;
}
