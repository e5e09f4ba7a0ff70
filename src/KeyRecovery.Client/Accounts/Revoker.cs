using KeyRecovery.Client.Authorities;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Identities;
using KeyRecovery.Client.Undo;
using KeyRecovery.Client.Vaults;

namespace KeyRecovery.Client.Accounts;

/// <summary>Locks devices and slots out, and codes out of hand, whether the account opens or not.</summary>
internal sealed class Revoker(
    VaultState state, AuthorityEditor authorities, UndoEditor undo, IdentityEditor identities)
{
    /// <summary>Locks out, on an account that does not open by going back to what was before.</summary>
    public async Task<Result<Revocation>> RevokeAsync(
        RevocationRequest request, RecoveryCode? code, string? token, CancellationToken ct)
    {
        var before = identities.Entry;
        var result = await LockOutAsync(request, code, token, ct);
        if (result is Result<Revocation>.Ok) await SettleAsync(request.Stolen, before, ct);
        return result;
    }

    // Keys that are due are made anew at once. Where nobody was left to remove, since they had gone before, strangers
    // had the keys all the same.
    private async Task SettleAsync(bool isStolen, Hash256? before, CancellationToken ct)
    {
        await identities.SettleAsync(ct);
        if (isStolen && before is not null && identities.Entry == before) await identities.RenewAsync(ct);
    }

    private async Task<Result<Revocation>> LockOutAsync(
        RevocationRequest request, RecoveryCode? code, string? token, CancellationToken ct)
    {
        using var slot = code is null ? null : DeviceKeys.OfCode(code);
        var revoked = await authorities.RevokeAsync(request, slot, token, ct);
        if (revoked is not Result<Revocation>.Failed { Failure: ClientFailure.Spoiled } || state.View.IsOpen)
            return revoked;
        revoked = await undo.RevokeAsync(request, slot, token, ct);
        if (request.NewCode is not { } added || !revoked.TryGet(out var done, out _)) return revoked;
        // The undo's link adds nobody.
        return done with { NewCodeFailed = await authorities.AddCodeAsync(added, false, ct, slot, token) };
    }

    /// <summary>Compares a code with the account's slots, and reads the account anew where it is none that is known.
    /// </summary>
    public async Task<Result<SlotProof>> ProveAsync(RecoveryCode code, CancellationToken ct)
    {
        using var slot = code.DeriveSlot();
        if (SlotProof.Of(state.View.Newest.Chain, slot) is { } known) return known;
        if (await state.RefreshAsync(ct) is { } unread and not ClientFailure.Spoiled) return unread;
        return SlotProof.Of(state.View.Newest.Chain, slot) is { } proof ? proof : new ClientFailure.NotOfThisAccount();
    }

    /// <summary>Puts a code in the place of one that signs for itself.</summary>
    public async Task<Result<Revocation>> ReplaceCodeAsync(
        RecoveryCode old, RecoveryCode next, bool anew, string? token, CancellationToken ct)
    {
        using var slot = DeviceKeys.OfCode(old);
        if (!(await authorities.BeginReplacementAsync(token, ct)).TryGet(out var replacement, out var unread))
            return unread;
        var result = await replacement.ReplaceAsync(slot, next, anew, ct);
        await identities.SettleAsync(ct);
        return result;
    }

    /// <summary>Removes the code that another one was to replace.</summary>
    public async Task<Result<Revocation>> FinishReplacementAsync(
        RecoveryCode next, string? token, CancellationToken ct)
    {
        using var slot = DeviceKeys.OfCode(next);
        if (!(await authorities.BeginReplacementAsync(token, ct)).TryGet(out var replacement, out var unread))
            return unread;
        var result = await replacement.FinishAsync(slot, ct);
        await identities.SettleAsync(ct);
        return result;
    }
}
