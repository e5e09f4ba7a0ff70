using System.Collections.Immutable;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Results;
using KeyRecovery.Client.Vaults;

namespace KeyRecovery.Client.Items;

/// <summary>Changes that are made without the network, and sent when it is there.</summary>
internal sealed class ItemQueue(VaultState state, ItemEditor items)
{
    /// <summary>What waits, the oldest first.</summary>
    public ImmutableArray<ItemEdit> Edits => state.Read(_ => ImmutableArray.CreateRange(state.Queue.Edits, EditOf));

    /// <summary>Keeps changes, with what this device knows of each item now.</summary>
    public async Task<ClientFailure?> AddAsync(ImmutableArray<ItemEdit> edits, CancellationToken ct)
    {
        if (ItemEdit.FindReserved(edits) is { } reserved) return reserved;
        if (!ItemEdit.ReadAll(edits).TryGet(out var named, out var invalid)) return invalid;
        var more = named.Select(e => new QueuedEdit(
            // Spelled out: a null would become an empty content.
            e.Name, e is ItemEdit.Put put ? put.Content.ToArray() : default(ReadOnlyMemory<byte>?),
            state.Open.FindItem(e.Name)?.Hash));
        await state.QueueAsync(waits => RequireRoom(waits.Add([.. more])), ct);
        return null;
    }

    /// <summary>Sends what waits. What another device has changed meanwhile waits on; the rest is sent.</summary>
    public async Task<ClientFailure?> SendAsync(CancellationToken ct)
    {
        var conflicts = ImmutableArray.CreateBuilder<ItemConflict>();
        var left = state.Queue;
        while (left.Edits.Length > 0)
        {
            var seen = left.Edits.ToDictionary(e => e.Name, e => e.Base, StringComparer.Ordinal);
            var failure = await items.EditAsync([.. left.Edits.Select(EditOf)], seen, null, ct);
            var (why, done) = failure is ClientFailure.PartlyDone partly
                ? (partly.Why, partly.Done) : (failure, failure is null ? left.Edits.Select(e => e.Name) : []);
            var sent = left.Edits.Where(e => done.Contains(e.Name)).ToList();
            await state.ForgetQueuedAsync(sent, ct);
            left = left.Without(done);
            if (why is null) break;
            if (why is not ClientFailure.Conflict conflict) return why;
            conflicts.AddRange(conflict.Items);
            left = left.Without(conflict.Items.Select(i => i.Name));
        }
        return conflicts.Count == 0 ? null : new ClientFailure.Conflict(conflicts.ToImmutable());
    }

    /// <summary>Lets go of what waits under some names.</summary>
    public async Task<ClientFailure?> DropAsync(IEnumerable<string> names, CancellationToken ct)
    {
        await state.QueueAsync(waits => waits.Without(names), ct);
        return null;
    }

    private static QueuedEdits RequireRoom(QueuedEdits queue) =>
        queue.Edits.Length > QueuedEdits.Most
            ? throw new InvalidCallException($"at most {QueuedEdits.Most} changes wait for the network")
        : queue.Bytes > QueuedEdits.MostBytes
            ? throw new InvalidCallException(
                $"what waits for the network has at most {QueuedEdits.MostBytes / 1024} KiB")
        : queue;

    private static ItemEdit EditOf(QueuedEdit edit) =>
        edit.Content is { } content ? new ItemEdit.Put(edit.Name, content) : new ItemEdit.Remove(edit.Name);
}
