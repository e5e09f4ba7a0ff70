using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Client.Items;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Identities;

/// <summary>
/// New keys of the account's own, to be sealed into a commit; those of before stay beside them, to open what was sealed
/// to them.
/// </summary>
[DebuggerDisplay("[redacted]")]
internal sealed class IdentityRenewal : IDisposable
{
    private readonly ManifestItem? _replaced;
    private readonly byte[] _seeds;
    private readonly byte[]? _before;

    private IdentityRenewal(ManifestItem? replaced, byte[] seeds, byte[]? before) =>
        (_replaced, _seeds, _before) = (replaced, seeds, before);

    /// <summary>Draws keys and reads those that they replace.</summary>
    /// <param name="state">The account.</param>
    /// <param name="random">Draws them.</param>
    /// <param name="givesUp">Whether to let go of the keys of before where they cannot be read now.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<Result<IdentityRenewal>> PrepareAsync(
        VaultState state, IRandom random, bool givesUp, CancellationToken ct)
    {
        var replaced = state.Open.FindItem(ReservedName.Identity);
        byte[]? before = null;
        if (replaced is not null)
        {
            var read = await new ItemReader(state).OpenAsync(ReservedName.Identity, replaced, ct);
            if (!read.TryGet(out before, out var failure) && !givesUp && failure is not ClientFailure.ItemLost)
                return failure;
        }
        return new IdentityRenewal(replaced, IdentityItem.Draw(state.Vault.Account, random), before);
    }

    /// <summary>Whether it replaces what is there.</summary>
    public bool Fits(OpenVault open) => open.FindItem(ReservedName.Identity) == _replaced;

    /// <summary>Seals both under the key of the commit's epoch.</summary>
    public (ImmutableArray<(ManifestItem, ItemNote)> Put, ImmutableArray<ReadOnlyMemory<byte>> Inline) Seal(
        OpenVault open, EpochKey key, ulong now, IRandom random)
    {
        var puts = new SealedPuts(random);
        List<ItemEdit.Put> edits = [new(ReservedName.Identity, _seeds)];
        if (_before is not null) edits.Add(new ItemEdit.Put(IdentityItem.NextBefore(open), _before));
        var items = edits.Select(e => (e.Name, Item: puts.Seal(key, e, open.FindItem(e.Name)))).ToList();
        return ([.. items.Select(i => (i.Item.Entry, i.Item.Note(i.Name, now)))], [.. items.Select(i => i.Item.Bytes)]);
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_seeds);
        CryptographicOperations.ZeroMemory(_before);
    }

    public override string ToString() => "[redacted]";
}
