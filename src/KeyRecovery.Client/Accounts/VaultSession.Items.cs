using System.Collections.Immutable;
using KeyRecovery.Client.Calls;

namespace KeyRecovery;

/// <content>Items: stored, read, and changed without the network.</content>
public sealed partial class VaultSession
{
    /// <summary>Stores content under a name: durable on the server when it returns.</summary>
    /// <param name="name">1–64 bytes of UTF-8.</param>
    /// <param name="content">At most 262,144 bytes, unless the app's policy says otherwise.</param>
    /// <param name="ct">Cancels; what was sent may still be stored.</param>
    /// <returns>The item as stored; <see cref="ClientFailure.Conflict"/> where another device changed it
    /// meanwhile.</returns>
    public Task<Result<ItemInfo>> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Call.RunAsync<ItemInfo>(
            async () => await EditAsync([new ItemEdit.Put(name, content)], ct) switch
            {
                Result<VaultSession>.Failed failed => failed.Failure,
                _ => FindItem(name)!,
            }, ct);
    }

    /// <summary>Removes an item. The server keeps its last versions for 30 days.</summary>
    public Task<Result<VaultSession>> RemoveAsync(string name, CancellationToken ct = default) =>
        ChangeAsync(() => _items.EditAsync([new ItemEdit.Remove(name)], ct), ct, name);

    /// <summary>
    /// Changes several items in one commit: all or none. What is too much for one (more than 64 items above 16 KiB, or
    /// than 16 MiB of them) becomes several commits, each of them all or none, removals in the last.
    /// </summary>
    /// <param name="edits">The changes; no name twice.</param>
    /// <param name="ct">Cancels; what was sent may still be done.</param>
    /// <returns><see cref="ClientFailure.PartlyDone"/> where a commit but the first did not work.</returns>
    public Task<Result<VaultSession>> EditAsync(ImmutableArray<ItemEdit> edits, CancellationToken ct = default) =>
        ChangeAsync(() => _items.EditAsync(edits, ct), ct);

    /// <summary>
    /// Changes that <see cref="QueueAsync"/> keeps on this device, the oldest first: one for each item.
    /// </summary>
    public ImmutableArray<ItemEdit> Queued => _queue.Edits;

    /// <summary>
    /// Keeps changes on this device until <see cref="SendQueuedAsync"/>, in its sealed store: durable there when it
    /// returns, without the network. Each is remembered with the version of its item that this device knows now, so
    /// that what another device does meanwhile is a conflict later, and never replaced unseen. What was queued before
    /// under the same name gives way, and stays based on the older version.
    /// </summary>
    /// <param name="edits">The changes; no name twice. With those that wait already at most 64, of 1 MiB together.
    /// </param>
    /// <param name="ct">Cancels.</param>
    public Task<Result<VaultSession>> QueueAsync(ImmutableArray<ItemEdit> edits, CancellationToken ct = default) =>
        ChangeAsync(() => _queue.AddAsync(edits, ct), ct);

    /// <summary>
    /// Sends what <see cref="QueueAsync"/> has kept: after a start, and when the network is back. What cannot be sent
    /// waits on.
    /// </summary>
    /// <returns>
    /// <see cref="ClientFailure.Conflict"/> with both versions of what another device has changed as well; the rest is
    /// sent. Each of them waits until it is decided: a put or a removal takes the place of theirs, <see
    /// cref="DropQueuedAsync"/> leaves theirs.
    /// </returns>
    public Task<Result<VaultSession>> SendQueuedAsync(CancellationToken ct = default) =>
        ChangeAsync(() => _queue.SendAsync(ct), ct);

    /// <summary>Lets go of changes that wait. Nothing happens where there are none.</summary>
    /// <param name="names">Of which items, as <see cref="Queued"/> spells them.</param>
    /// <param name="ct">Cancels.</param>
    public Task<Result<VaultSession>> DropQueuedAsync(IEnumerable<string> names, CancellationToken ct = default) =>
        ChangeAsync(() => _queue.DropAsync(names, ct), ct, names);

    /// <summary>Stores many items, in as many commits as they need: see <see cref="EditAsync"/>.</summary>
    /// <param name="items">The items; no name twice.</param>
    /// <param name="progress">Told after each commit: how many of how many.</param>
    /// <param name="ct">Cancels; what was sent may still be stored.</param>
    /// <returns><see cref="ClientFailure.PartlyDone"/> where a commit but the first did not work.</returns>
    public Task<Result<VaultSession>> PutManyAsync(
        IEnumerable<ItemEdit.Put> items, IProgress<(int Done, int Of)>? progress = null,
        CancellationToken ct = default) =>
        ChangeAsync(() => _items.EditAsync([.. items], ct, progress), ct, items);

    /// <summary>
    /// Reads an item with what is known of it: its version, when it was stored, and how old that picture is (<see
    /// cref="ItemContent.AsOf"/>), which without a network is as old as the account that is open.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns><see cref="ClientFailure.NoSuchItem"/> where this device knows of none.</returns>
    public Task<Result<ItemContent>> ReadAsync(string name, CancellationToken ct = default) =>
        Call.RunAsync(() => _reader.ReadAsync(name, ct), ct, name);

    /// <summary>Reads an item's content alone: <see cref="ReadAsync"/> says how old it is, too.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="version">An older version; null for the current one.</param>
    /// <param name="ct">Cancels.</param>
    public Task<Result<byte[]>> GetAsync(string name, ulong? version = null, CancellationToken ct = default) =>
        Call.RunAsync(() => _reader.GetAsync(name, version, ct), ct, name);

    /// <summary>Reads a version of an item that <see cref="HistoryAsync"/> told, also one that an undo left.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="version">The version's hash.</param>
    /// <param name="ct">Cancels.</param>
    public Task<Result<byte[]>> GetVersionAsync(string name, Hash256 version, CancellationToken ct = default) =>
        Call.RunAsync(() => _reader.GetAsync(name, version, ct), ct, name);

    /// <summary>Reads many items in few requests, 4 MiB in each.</summary>
    /// <param name="names">Which; null for all.</param>
    /// <param name="progress">Told after each item: how many of how many.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>The items in the order of their names; nothing where one of them cannot be had.</returns>
    public Task<Result<ImmutableArray<ItemContent>>> GetAllAsync(
        IEnumerable<string>? names = null, IProgress<(int Done, int Of)>? progress = null,
        CancellationToken ct = default) =>
        Call.RunAsync(() => _reader.GetAllAsync(names, progress, ct), ct);

    /// <summary>The versions of an item that can be had back, the newest first.</summary>
    public Task<Result<ImmutableArray<ItemVersionInfo>>> HistoryAsync(string name, CancellationToken ct = default) =>
        Call.RunAsync(() => _reader.HistoryAsync(name, ct), ct, name);
}
