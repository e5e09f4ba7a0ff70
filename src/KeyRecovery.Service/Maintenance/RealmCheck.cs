using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Maintenance;

/// <summary>
/// Checks the realm's slots: a share that does not open is a passphrase that opens nothing, here or with other realms.
/// Each that is not destroyed is named by its user's row, and by its account's, which knows it by the same key.
/// </summary>
internal sealed class RealmCheck(IKeyStore keys, RowIds ids, RealmShares shares)
{
    public async ValueTask RunAsync(ImmutableArray<string>.Builder damaged, CancellationToken ct)
    {
        await EachAsync(Table.RealmSlots, "realm slot", CheckAsync, damaged, ct);
        await EachAsync(Table.RealmAccounts, "realm account", CheckAccountAsync, damaged, ct);
    }

    private async ValueTask EachAsync(
        Table table, string what, Func<Row, CancellationToken, ValueTask<string?>> check,
        ImmutableArray<string>.Builder damaged, CancellationToken ct)
    {
        await foreach (var stored in keys.ScanAsync(table, ct))
        {
            try
            {
                if (await check(stored, ct) is { } fault) damaged.Add($"{what}: {fault}");
            }
            catch (Exception e) when (e is RowDamagedException or WireFormatException)
            {
                damaged.Add($"{what}: {e.Message}");
            }
        }
    }

    // Whoever the realm's own view of the chain names is there with the key that it was registered with, or gone.
    private async ValueTask<string?> CheckAccountAsync(Row stored, CancellationToken ct)
    {
        foreach (var slot in RealmAccountRow.Decode(stored).Slots)
        {
            if (slot.IsGone || await keys.ReadAsync(ids.RealmSlot(slot.Slot), ct) is not { } found) continue;
            var row = RealmSlotRow.Decode(found.Value);
            if (row.IsDestroyed) continue;
            if (!row.Account.Span.SequenceEqual(stored.Key.Id.Span)) return "names another's slot";
            if (!row.SigningKey.Span.SequenceEqual(slot.SigningKey.Span)) return "names a slot of another key";
        }
        return null;
    }

    private async ValueTask<string?> CheckAsync(Row stored, CancellationToken ct)
    {
        var row = RealmSlotRow.Decode(stored.Value);
        if (row.IsDestroyed) return null;
        // Destroyed while this was on its way.
        using var share = await shares.OpenAsync(stored.Key, row, ct);
        if (share is null) return null;
        if (!share.PublicKey.ToArray().AsSpan().SequenceEqual(row.ShareKey.Span)) return "not its share";
        var subject = await keys.ReadAsync(new RowKey(Table.RealmSubjects, row.Subject), ct);
        var isNamed = subject is not null && RealmSubjectRow.Decode(subject.Value).Slots.Contains(stored.Key);
        if (!isNamed) return "not among its user's";
        var account = await keys.ReadAsync(new RowKey(Table.RealmAccounts, row.Account), ct);
        return account is not null && RealmAccountRow.Decode(account).Slots.Any(
            slot => ids.RealmSlot(slot.Slot) == stored.Key) ? null : "not among its account's";
    }
}
