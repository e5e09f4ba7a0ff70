using KeyRecovery.Client.Exports;

namespace KeyRecovery;

/// <content>The account as a document.</content>
public sealed partial class VaultSession
{
    /// <summary>
    /// Writes all that the service holds on the account, and what this device can open of it, as one JSON document of
    /// up to some tens of MiB (docs/protocol.md §22): for the person who asks what is stored about them (GDPR art. 15
    /// and 20). Items stand in it as they are, so that whoever has the document has them; no key does. The account's
    /// activity tells that it was made. The service gives a few a day.
    /// </summary>
    /// <param name="destination">Where it is written; it is neither closed nor rewound. What stands there after a
    /// failure is no document.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>What it has; <see cref="ClientFailure.Transient"/> with the time to wait where there were too many.
    /// </returns>
    public Task<Result<ExportedAccount>> ExportAsync(Stream destination, CancellationToken ct = default) =>
        TurnAsync(() => new AccountExporter(_state, _options.Time).WriteAsync(destination, ct), ct, destination);
}
