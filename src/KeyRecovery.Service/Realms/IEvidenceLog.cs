using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Realms;

/// <summary>
/// Where evidence of a home that a realm keeps is logged (docs/protocol.md §17, event 14). The log stands above the
/// realm: it knows all tables.
/// </summary>
internal interface IEvidenceLog
{
    /// <summary>Plans the leaf of evidence that an account's row is about to keep.</summary>
    /// <param name="evidence">What the leaf commits to.</param>
    /// <param name="stored">The row that decides it, as it was read.</param>
    /// <returns>The change's id, and the step that comes before that row's.</returns>
    (ChangeId Id, RowWrite Outbox) Plan(Hash256 evidence, Row stored);

    /// <summary>Says that one waits.</summary>
    void Wake();
}
