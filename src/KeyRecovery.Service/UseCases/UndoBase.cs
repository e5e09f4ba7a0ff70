using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// Finds the manifest to which an undo returns (docs/protocol.md §5): one that the account has had, by its trail; or
/// one that the commit brings, with a signature of somebody who was active at its place in the chain.
/// </summary>
internal sealed class UndoBase(IDataStore data, AccountRows rows, AccountState state)
{
    /// <returns>The base and no fault; no base where the commit names none; or why not.</returns>
    public async ValueTask<(SignedManifest? Base, UndoBaseFault Fault)> FindAsync(
        CommitBundle bundle, SignedManifest now, CancellationToken ct)
    {
        if (bundle.Manifest.Manifest.Base is not { } place) return (null, UndoBaseFault.None);
        if (place == now.Place) return (now, UndoBaseFault.None);
        var brought = bundle.Base;
        if (brought is not null && brought.Place != place) return (null, UndoBaseFault.Refused);
        // A state in whose place a repair came was the account's, though no trail has it.
        if (state.Points.Any(p => p.IsReplaced && p.Manifest == place)) return await KeptAsync(brought, place.Hash, ct);
        switch (await new TrailReader(data, rows, state).ConfirmAsync(place, ct))
        {
            case Confirmation.Unseen:
                return (null, UndoBaseFault.Again);
            case Confirmation.Happened:
                return await KeptAsync(brought, place.Hash, ct);
            default:
                return brought is not null && await StoodInChainAsync(brought, ct)
                    ? (brought, UndoBaseFault.None) : (null, UndoBaseFault.Refused);
        }
    }

    private async ValueTask<(SignedManifest? Base, UndoBaseFault Fault)> KeptAsync(
        SignedManifest? brought, Hash256 hash, CancellationToken ct)
    {
        if (brought is not null) return (brought, UndoBaseFault.None);
        if (state.Points.All(p => p.Manifest.Hash != hash)) return (null, UndoBaseFault.Refused);
        return await data.FindAsync(rows, rows.Manifest(hash), ct) is { } row
            ? (ManifestRow.Decode(row).Manifest, UndoBaseFault.None) : (null, UndoBaseFault.Again);
    }

    // What a restore lost: its signer and its place are all that can be asked.
    private async ValueTask<bool> StoodInChainAsync(SignedManifest brought, CancellationToken ct)
    {
        var manifest = brought.Manifest;
        if (manifest.Account != state.Account || manifest.ChainHead.Sequence > state.Chain.Sequence) return false;
        var active = new Dictionary<AuthorityId, NewAuthority>();
        await foreach (var entry in new ChainLinkReader(data, rows, state).ReadAllAsync(ct))
        {
            var link = SignedChainLink.Decode(entry.Link);
            foreach (var id in link.Link.Remove) active.Remove(id);
            foreach (var added in link.Link.Add) active[added.Id] = added;
            if (link.Link.Sequence < manifest.ChainHead.Sequence) continue;
            return link.Hash == manifest.ChainHead.Hash && link.Link.Epoch == manifest.Epoch
                && active.TryGetValue(manifest.Signer, out var signer) && brought.IsSignedBy(signer.SigningKey);
        }

        return false;
    }
}

/// <summary>Why there is no base.</summary>
internal enum UndoBaseFault
{
    /// <summary>There is one, or none is named.</summary>
    None,

    /// <summary>It is not to be had, or is not the account's.</summary>
    Refused,

    /// <summary>Another commit came in between: the account is to be read anew.</summary>
    Again,
}
