using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Authorities;

/// <summary>
/// A code puts a new one in its place, with nothing but itself. Nobody removes itself, so it takes two links: the old
/// one adds the new one, which is trusted at once and removes the old one. Whoever is cut between the two finishes with
/// the new code alone.
/// </summary>
/// <param name="view">The account as it is read.</param>
/// <param name="commit">Commits a link.</param>
internal sealed class CodeReplacement(Func<VaultView> view, CodeReplacement.Commit commit)
{
    /// <summary>Commits what is to be done on the account as it is, nothing where that is null.</summary>
    internal delegate Task<ClientFailure?> Commit(
        Func<ChainLinkChange?> edit, DeviceKeys signer, SlotKeys? added, CancellationToken ct);

    private Chain Chain => view().Newest.Chain;

    /// <summary>A code as a link adds it.</summary>
    public static (NewAuthority Entry, KemPublicKey KemKey) EntryOf(SlotKeys code) => (
        NewAuthority.Of(code.Id, AuthorityKind.Code, code.Signing.PublicKey, code.Kem.PublicKey), code.Kem.PublicKey);

    /// <summary>Both links, or what is left of them.</summary>
    /// <param name="old">The code in hand.</param>
    /// <param name="next">The new one.</param>
    /// <param name="anew">Whether to replace also a new code that was begun with and may be lost.</param>
    /// <param name="ct">Cancels; what was sent may still be done.</param>
    public async Task<Result<Revocation>> ReplaceAsync(
        DeviceKeys old, RecoveryCode next, bool anew, CancellationToken ct)
    {
        using var slot = next.DeriveSlot();
        if (slot.Id == old.Id) return new ClientFailure.Invalid("the new code is the old one");
        using var signer = DeviceKeys.OfCode(next);
        if (Chain.FindActive(slot.Id) is null)
        {
            if (SlotProof.Of(Chain, old) is null) return new ClientFailure.NotOfThisAccount();
            if (Chain.Authorities[old.Id].Kind != AuthorityKind.Code)
                return new ClientFailure.Invalid("only a code puts a new one in its place");
            if (!anew && FindBegun(old.Id) is { } begun) return begun;
            var change = new ChainLinkChange([EntryOf(slot)], []);
            var failure = await commit(() => Chain.FindActive(slot.Id) is null ? change : null, old, slot, ct);
            if (failure is not null) return failure;
        }
        return await FinishAsync(signer, old.Id, ct);
    }

    /// <summary>The second link, where the first was committed and this one not.</summary>
    /// <param name="next">The new code.</param>
    /// <param name="ct">Cancels; what was sent may still be done.</param>
    public async Task<Result<Revocation>> FinishAsync(DeviceKeys next, CancellationToken ct) =>
        SlotProof.Of(Chain, next) is null
            ? new ClientFailure.NotOfThisAccount() : await FinishAsync(next, null, ct);

    // Only a replacement has a code add a code: where both are active, one was begun and not finished.
    private ClientFailure.ReplacementBegun? FindBegun(AuthorityId code)
    {
        var begun = Chain.Active.FirstOrDefault(a => a.Kind == AuthorityKind.Code
            && (a.AddedBy == code || a.Id == code) && IsActiveCode(a.AddedBy));
        return begun is null
            ? null
            : new ClientFailure.ReplacementBegun(begun.AddedBy, begun.Id, ToldTime.At(begun.AddedTime));
    }

    private bool IsActiveCode(AuthorityId id) => Chain.FindActive(id) is { Kind: AuthorityKind.Code };

    private async Task<Result<Revocation>> FinishAsync(DeviceKeys next, AuthorityId? old, CancellationToken ct)
    {
        RevocationPlan? done = null;
        var failure = await commit(
            () =>
            {
                if (Chain.FindActive(next.Id) is null) return null;
                var plan = Plan(next.Id, old);
                if (plan.Goes.IsEmpty) return null;
                done = plan;
                return new ChainLinkChange([], plan.Remove);
            },
            next, null, ct);
        if (failure is not null) return failure;
        return Chain.FindActive(next.Id) is null
            ? new ClientFailure.NotOfThisAccount()
            : new Revocation(done ?? Plan(next.Id, old), Chain.Epoch);
    }

    // What the old code let in goes with it: a thief who knows it may have added a code as well. Devices that it
    // brought back stay, since they are most likely the person's own.
    private RevocationPlan Plan(AuthorityId next, AuthorityId? old)
    {
        var replaced = new HashSet<AuthorityId>();
        if (old is { } given) replaced.Add(given);
        for (var id = Chain.Authorities[next].AddedBy; IsActiveCode(id); id = Chain.Authorities[id].AddedBy)
            replaced.Add(id);
        var request = new RevocationRequest([.. replaced])
        {
            Stolen = true,
            Keep = [.. Chain.Active.Where(a => !a.IsSlot && replaced.Contains(a.AddedBy)).Select(a => a.Id)],
        };
        var plan = RevocationPlan.Make(view(), request, next);
        return plan with { Stays = plan.Stays.RemoveAll(s => s.Id == next) };
    }
}
