using System.Collections.Immutable;
using KeyRecovery.Client.Items;

namespace KeyRecovery.Client.Identities;

/// <summary>Changes items as an app may: none that is KeyRecovery's own, and keys that are due go first.</summary>
internal sealed class AppItems(ItemEditor items, IdentityEditor identities)
{
    public async Task<ClientFailure?> EditAsync(
        ImmutableArray<ItemEdit> edits, CancellationToken ct, IProgress<(int Done, int Of)>? progress = null)
    {
        if (ItemEdit.FindReserved(edits) is { } reserved) return reserved;
        await identities.SettleAsync(ct);
        return await items.EditAsync(edits, ct, progress);
    }
}
