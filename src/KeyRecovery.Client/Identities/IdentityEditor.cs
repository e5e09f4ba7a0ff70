using KeyRecovery.Client.Commits;
using KeyRecovery.Client.Items;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Identities;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Identities;

/// <summary>Makes the account's own keys, makes them anew where others know them, and opens them.</summary>
internal sealed class IdentityEditor(KeyRecoveryOptions options, VaultState state, Committer committer)
{
    /// <summary>Opens the keys; makes them first where there are none, or they are due.</summary>
    public async Task<Result<AccountIdentity>> OpenAsync(CancellationToken ct)
    {
        if (await EditAsync(open => open.FindItem(ReservedName.Identity) is null || IdentityItem.IsDue(open), false, ct)
            is { } failure) return failure;
        var keys = new List<IdentityKeys>();
        var names = state.Read(open => IdentityItem.Before(open).Select(n => n.Name).ToList());
        foreach (var name in names.Prepend(ReservedName.Identity))
        {
            var read = await ReadAsync(name, ct);
            if (read.TryGet(out var found, out var unread)) keys.Add(found);
            // Of those from before one that is lost takes nothing else with it.
            else if (name == ReservedName.Identity || unread is not (ClientFailure.ItemLost or ClientFailure.Invalid))
            {
                keys.ForEach(k => k.Dispose());
                return unread;
            }
        }
        return new AccountIdentity(options.Random, IdentityStatement.Sign(keys[0], state.Api.NowSeconds), [.. keys]);
    }

    /// <summary>Makes the keys anew where they are due. What does not work now is done with the next change.</summary>
    public async Task SettleAsync(CancellationToken ct)
    {
        if (state.Read(IdentityItem.IsDue)) await EditAsync(IdentityItem.IsDue, false, ct);
    }

    /// <summary>Makes the keys anew, whatever they are; of two devices at once one does.</summary>
    public Task<ClientFailure?> RenewAsync(CancellationToken ct)
    {
        var known = state.Read(open => open.FindItem(ReservedName.Identity));
        return EditAsync(open => open.FindItem(ReservedName.Identity) == known, true, ct);
    }

    /// <summary>The current entry: another one after keys were made anew.</summary>
    public Hash256? Entry => state.Read(open => open.FindItem(ReservedName.Identity)?.Hash);

    private async Task<ClientFailure?> EditAsync(
        Func<OpenVault, bool> isWanted, bool givesUp, CancellationToken ct)
    {
        var sent = await committer.RunAsync(async _ =>
        {
            if (!isWanted(state.Open)) return Built.Done;
            var prepared = await IdentityRenewal.PrepareAsync(state, options.Random, givesUp, ct);
            if (!prepared.TryGet(out var renewal, out var unread)) return unread;
            using (renewal)
            {
                var (put, inline) = renewal.Seal(
                    state.Open, state.Open.Keys.Current, state.Api.NowSeconds, options.Random);
                var manifest = ManifestDraft.Next(
                    state.Open, null, new ManifestChange { Put = put }, state.Keys.Id, state.Keys.Signing,
                    options.Random);
                return new CommitBundle(null, null, manifest, inline);
            }
        }, ct);
        return sent.Failure;
    }

    private async Task<Result<IdentityKeys>> ReadAsync(string name, CancellationToken ct)
    {
        if (state.Read(open => open.FindItem(name)) is not { } entry) return new ClientFailure.NoSuchItem(name);
        if (!(await new ItemReader(state).OpenAsync(name, entry, ct)).TryGet(out var content, out var failure))
            return failure;
        try
        {
            return IdentityItem.Read(state.Vault.Account, content) is { } keys
                ? keys : new ClientFailure.Invalid("the account's own keys are damaged: make them anew");
        }
        catch (UpgradeRequiredException)
        {
            return new ClientFailure.UpgradeRequired();
        }
    }
}
