namespace KeyRecovery.Service.Stores;

/// <summary>Why a store cannot answer. Each passes without a restart once its cause is gone.</summary>
public enum StoreFault
{
    /// <summary>Too many writes are waiting. Worth a retry within seconds.</summary>
    Busy = 1,

    /// <summary>No space is left.</summary>
    Full = 2,

    /// <summary>The file, its folder or the file system cannot be written.</summary>
    ReadOnly = 3,

    /// <summary>Anything else: an input or output error, a damaged file, a lost connection.</summary>
    Failed = 4,
}
