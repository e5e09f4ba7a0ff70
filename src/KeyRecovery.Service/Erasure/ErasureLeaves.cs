using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// What the log says of erasures. The erasure's row decides each of them, in the key store: who asked and who called it
/// off, for the account's devices while there is an account; that it is done, for whoever has the receipt.
/// </summary>
internal sealed class ErasureLeaves(ServiceContext context)
{
    /// <summary>That somebody asked for an erasure, or called it off.</summary>
    /// <param name="what">Which of the two.</param>
    /// <param name="by">Who, and from where.</param>
    /// <param name="rows">The account's rows.</param>
    /// <param name="account">The account.</param>
    /// <param name="state">How it stands; null where its data are lost.</param>
    /// <param name="keyRow">Its key row.</param>
    /// <param name="stored">The erasure's row as it was read; null where there is none.</param>
    /// <param name="row">The erasure.</param>
    public LoggedChange OfRequest(
        AuditEvent what, ErasureActor by, AccountRows rows, AccountId account, AccountState? state, RowKey keyRow,
        Row? stored, ErasureRow row)
    {
        var detail = new AuditDetail
        {
            Account = account,
            Time = context.Now.Wall,
            Event = what,
            Role = by.Role,
            Actor = by.Id,
            Network = by.Network,
            Label = LeafLabel.Draw(context.Random),
            Chain = state?.Chain ?? new ChainPlace(0, default),
            Manifest = new ManifestPlace(state?.ManifestVersion ?? 0, state?.ManifestHash ?? default),
            Policy = context.Policy.Hash,
        };
        return LoggedChange.Of(
            detail, rows, ErasureRows.Of(keyRow), stored, context.Random, new FeedOf(row.App, keyRow, Erasure: row.Id));
    }

    /// <summary>That an account is erased, with the receipt that says so.</summary>
    /// <param name="row">The erasure, which gets the receipt.</param>
    /// <param name="level">The receipt's level.</param>
    /// <param name="receipt">The signed receipt.</param>
    /// <param name="stored">The erasure's row as it was read.</param>
    public (ErasureRow Row, LoggedChange Logged) OfReceipt(
        ErasureRow row, int level, ReadOnlyMemory<byte> receipt, Row stored)
    {
        var leaf = new AuditLeaf(
            context.Now.Wall, SignedErasureReceipt.EventOf(level), AuditRole.Server, LeafLabel.Draw(context.Random),
            Hash256.Of(receipt.Span), context.Policy.Hash);
        return (row with { Receipt = receipt, Leaf = leaf.Encode() },
            LoggedChange.Of(leaf, stored.Key, stored, context.Random, level == 1 ? AppEventSeal.Erased(
                row.App, ErasureRows.KeyRowOf(stored), row.Id, context.Lookups.Seal) : default));
    }
}

/// <summary>Who did something about an erasure.</summary>
/// <param name="Role">What kind of actor.</param>
/// <param name="Id">Which authority; null where it was none.</param>
/// <param name="Network">From which network; empty where nobody knows.</param>
internal readonly record struct ErasureActor(AuditRole Role, AuthorityId? Id, string Network)
{
    /// <summary>Whoever runs the server.</summary>
    public static ErasureActor Operator => new(AuditRole.Operator, null, "");

    /// <summary>The server by itself.</summary>
    public static ErasureActor Server => new(AuditRole.Server, null, "");
}
