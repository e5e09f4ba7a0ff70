namespace KeyRecovery.Api.Reports;

/// <summary>What is restored of a set.</summary>
internal enum RestorePart
{
    /// <summary>The data store, to the key store that lives. The rule.</summary>
    Data,

    /// <summary>The key store, to the data store that lives.</summary>
    Keys,

    /// <summary>Both.</summary>
    All,
}
