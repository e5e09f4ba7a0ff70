namespace KeyRecovery.Service.Stores;

/// <summary>The two stores of a server: never the same file, directory or account.</summary>
public enum StoreKind
{
    /// <summary>Sealed data: what a backup copies.</summary>
    Data,

    /// <summary>Wrapped keys, lookups, shares and counters.</summary>
    Keys,
}
