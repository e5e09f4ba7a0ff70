using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Feed;

/// <summary>Which feed tells of a change.</summary>
/// <param name="App">The account's app.</param>
/// <param name="KeyRow">The account's key row.</param>
/// <param name="Links">What its links do; behind what the change is as such.</param>
/// <param name="Erasure">The erasure that it is about; null where it is about none.</param>
internal sealed record FeedOf(
    string App, RowKey KeyRow, ImmutableArray<AppEventPart> Links = default, ErasureId? Erasure = null)
{
    /// <summary>What it tells; empty where that is nothing.</summary>
    public byte[] Stub(AuditDetail detail, AccountRows rows)
    {
        AppEventPart[] itself = AppEventTable.Of(detail.Event, detail.Role) is { } kind
            ? [new AppEventPart(kind, null, detail.Actor)] : [];
        return AppEventSeal.Stub(
            App, KeyRow, detail.Account, [.. itself, .. Links.IsDefault ? [] : Links], Erasure, rows.SealEvent);
    }
}
