namespace KeyRecovery.Service.Tests.Erasure;

/// <summary>The writes of an erasure, in their order.</summary>
internal enum RaceStep
{
    /// <summary>The key is destroyed.</summary>
    End,

    /// <summary>The account's row in the data store becomes a fence; the other rows go.</summary>
    Fence,

    /// <summary>The receipt, and with it the lookups.</summary>
    Receipt,
}
