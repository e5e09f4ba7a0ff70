using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// What the log and the account's activity are to say of a change, before it is decided: the leaf for everybody, and
/// its detail for the account's devices, which lies under the subject key and goes with it.
/// </summary>
/// <param name="Id">The change's id.</param>
/// <param name="Outbox">The step that writes its outbox row; it comes before that of the row that decides.</param>
/// <param name="Entry">The entry of the account's activity, encoded.</param>
internal sealed record LoggedChange(ChangeId Id, RowWrite Outbox, ReadOnlyMemory<byte> Entry)
{
    /// <summary>Of a change that the account row decides.</summary>
    public static LoggedChange Of(ServiceContext context, AccountRows rows, AccountChange change)
    {
        var (now, manifest) = (context.Now.Wall, change.Manifest);
        var version = (change.Stored?.Version ?? 0) + 1;
        var detail = new AuditDetail
        {
            Account = change.Next.Account,
            Time = now,
            Event = change.Event,
            Role = change.By is { Authority.IsSlot: true } ? AuditRole.Slot : AuditRole.Device,
            Actor = change.Signer,
            Network = change.Network,
            Label = manifest.Manifest.LeafLabel,
            Chain = change.Next.Chain,
            Manifest = manifest.Place,
        };
        var leaf = AuditLeaf.Of(detail, rows.LeafSalt(Table.Accounts, version));
        var id = ChangeId.Draw(now, context.Random);
        var outbox = new OutboxRow(ChangeId.Of(change.Stored), rows.Account, version, leaf.Encode());
        var entry = new ActivityEntry(Table.Accounts, version, detail.Encode());
        return new LoggedChange(id, outbox.Write(id), entry.Encode());
    }
}
