using KeyRecovery.Service.Keys;

namespace KeyRecovery.Service.Erasure;

/// <summary>The backup sets that were made, as far as erasures wait for them.</summary>
public interface IBackupSets
{
    /// <summary>When the last set expires that holds this KEK or an older one; null where none does.</summary>
    DateTimeOffset? LastHolding(KekId kek);
}
