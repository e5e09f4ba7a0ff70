using System.Collections.Immutable;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Maintenance;

/// <summary>
/// Checks the realm's slots: a share that does not open is a passphrase that opens nothing, here or with other realms.
/// </summary>
internal sealed class RealmCheck(IKeyStore keys, RealmShares shares)
{
    public async ValueTask RunAsync(ImmutableArray<string>.Builder damaged, CancellationToken ct)
    {
        await foreach (var stored in keys.ScanAsync(Table.RealmSlots, ct))
        {
            try
            {
                if (await CheckAsync(stored, ct) is { } fault) damaged.Add(fault);
            }
            catch (Exception e) when (e is RowDamagedException or WireFormatException)
            {
                damaged.Add($"realm slot: {e.Message}");
            }
        }
    }

    private async ValueTask<string?> CheckAsync(Row stored, CancellationToken ct)
    {
        var row = RealmSlotRow.Decode(stored.Value);
        if (row.State == RealmSlotState.Destroyed) return null;
        using var share = await shares.OpenAsync(stored.Key, row, ct);
        if (!share.PublicKey.ToArray().AsSpan().SequenceEqual(row.ShareKey.Span)) return "realm slot: not its share";
        var subject = await keys.ReadAsync(new RowKey(Table.RealmSubjects, row.Subject), ct);
        var isNamed = subject is not null && RealmSubjectRow.Decode(subject.Value).Slots.Contains(stored.Key);
        return isNamed ? null : "realm slot: not among its user's";
    }
}
