using KeyRecovery.Client.Calls;
using KeyRecovery.Client.Commits;
using KeyRecovery.Client.Identities;
using KeyRecovery.Client.Items;

namespace KeyRecovery;

/// <summary>The account's own keys, for apps that seal to other people (docs/protocol.md §19).</summary>
public sealed class IdentityManager
{
    private readonly IdentityEditor _editor;
    private readonly ItemEditor _items;
    private readonly SessionTurns _turns;

    internal IdentityManager(IdentityEditor editor, ItemEditor items, SessionTurns turns) =>
        (_editor, _items, _turns) = (editor, items, turns);

    /// <summary>Opens the keys; makes them first where the account has none.</summary>
    /// <param name="ct">Cancels.</param>
    /// <returns>The keys; the caller disposes of them.</returns>
    public Task<Result<AccountIdentity>> OpenAsync(CancellationToken ct = default) =>
        Call.RunAsync(() => _turns.TakeAsync(() => _editor.OpenAsync(ct), ct), ct);

    /// <summary>
    /// Makes the keys anew, where they are lost, or others may know them; revoking a device as stolen does so by
    /// itself. Safety numbers change, and the app re-keys what it shares.
    /// </summary>
    /// <param name="ct">Cancels; what was sent may still be done.</param>
    public Task<Result<Done>> RenewAsync(CancellationToken ct = default) =>
        Call.RunAsync(() => _turns.TakeAsync(() => _editor.RenewAsync(ct), ct), ct);

    /// <summary>Changes an item whosever its name is: what an undo stores again may be KeyRecovery's own.</summary>
    internal Task<Result<Done>> EditAnyAsync(ItemEdit edit, CancellationToken ct) =>
        Call.RunAsync(() => _turns.TakeAsync(() => _items.EditAsync([edit], ct), ct), ct);
}
