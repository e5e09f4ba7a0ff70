using KeyRecovery.Client.Commits;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Identities;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Recovery;

/// <summary>Commits links as slots do that have no device: reads the account, and builds on what is there.</summary>
/// <param name="options">The client's.</param>
/// <param name="account">The account.</param>
/// <param name="token">The app's token, where it asks for one beside a slot's signature.</param>
internal sealed class SlotCommitter(KeyRecoveryOptions options, SlotAccount account, string? token)
{
    private readonly Committer _committer = new(account);

    /// <summary>Commits, and reads what came of it.</summary>
    /// <param name="edit">What is to be done on the account as it is; null where nothing is left to do.</param>
    /// <param name="signer">Who signs, and reads.</param>
    /// <param name="added">The one slot that the link adds; null where it adds none.</param>
    /// <param name="ct">Cancels; what was sent may still be done.</param>
    public async Task<ClientFailure?> CommitAsync(
        Func<ChainLinkChange?> edit, DeviceKeys signer, SlotKeys? added, CancellationToken ct)
    {
        if (await account.ReadAsAsync(signer, ct) is { } unread) return unread;
        var sent = await _committer.RunAsync(
            _ => Task.FromResult(Build(edit, signer, added)), ct, signer, token);
        return sent.Failure ?? await account.RefreshAsync(ct);
    }

    private Built Build(Func<ChainLinkChange?> edit, DeviceKeys signer, SlotKeys? added)
    {
        var view = account.View;
        if (view is not { IsOpen: true, Good: { } open }) return view.ClosedBy;
        if (edit() is not { } change) return Built.Done;
        return AuthorityLimit.FindFull(account.Vault, change) is { } full ? full : Write(open, change, signer, added);
    }

    private CommitBundle Write(OpenVault open, ChainLinkChange change, DeviceKeys signer, SlotKeys? added)
    {
        using var draft = ChainLinkDraft.Next(open, change, signer.Id, account.Api.NowSeconds, options.Random);
        var possession = draft.Link.Add.ToDictionary(
            a => a.Id, _ => ChainLinkDraft.ProvePossession(added!.Signing, draft.Body));
        // Who goes is a code that others may know: they may have had the account's own keys.
        var manifest = new ManifestChange { Put = change.Remove.IsEmpty ? [] : IdentityItem.Due(open) };
        var signed = ManifestDraft.Next(
            open, draft, manifest, signer.Id, signer.Signing, options.Random);
        return new CommitBundle(draft.Sign(signer.Signing, possession), draft.Keyset, signed, []);
    }
}
