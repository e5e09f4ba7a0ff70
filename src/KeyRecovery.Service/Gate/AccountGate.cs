using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Telemetry;

namespace KeyRecovery.Service.Gate;

/// <summary>
/// The one way into an account for its requests: looks through the <see cref="AccountDoor"/>, verifies the request's
/// signature, and lets nobody past a tombstone, a lost vault or a chain that was rolled back.
/// </summary>
public sealed class AccountGate : IDisposable
{
    private readonly IDataStore _data;
    private readonly IKeyStore _keys;
    private readonly Lookups _lookups;
    private readonly AccountDoor _door;
    private readonly KeyRowUpkeep _upkeep;
    private readonly Decoy _decoy;
    private readonly Func<RowKey, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> _receiptOf;

    internal AccountGate(
        IDataStore data, IKeyStore keys, Lookups lookups, AccountDoor door, KeyRowUpkeep upkeep, Decoy decoy,
        Func<RowKey, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> receiptOf) =>
        (_data, _keys, _lookups, _door, _upkeep, _decoy, _receiptOf) =
            (data, keys, lookups, door, upkeep, decoy, receiptOf);

    /// <summary>Passes a request.</summary>
    /// <param name="keyId">Who the request says has signed it.</param>
    /// <param name="verify">Whether the request's signature verifies under a key.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="mayBeBehind">Whether it passes too where the account lacks its newest link, for who was active at
    /// it: to read, and nothing else.</param>
    /// <param name="isChange">Whether it changes the account, which nobody does while it is suspended.</param>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public async ValueTask<GateResult> PassAsync(
        KeyId keyId, Func<VerifyKey, bool> verify, CancellationToken ct, bool mayBeBehind = false,
        bool isChange = false)
    {
        var named = keyId.Account;
        var account = named ?? await FindBySlotAsync(keyId.Authority, ct);
        using var view = await _door.ReadAsync(account, ct);
        if (named is not null && view.Standing == AccountStanding.Erased)
            return new GateResult.Shut(
                new ServiceFailure(ErrorCode.Erased) { Receipt = await _receiptOf(view.KeyRowKey, ct) });
        // Told to a slot as well: whoever holds the right code must not hear that it is wrong.
        if (view.Standing == AccountStanding.Lost) return new GateResult.Shut(AccountDoor.FailureOf(view)!);
        var state = view.State ?? await ReadDecoyAsync(view, ct);
        var actor = Verify(state, keyId.Authority, verify, out var removed);
        if (view.State is null) return Shut(ErrorCode.SignatureInvalid);
        if (view.Standing == AccountStanding.RolledBack)
            return await PassBehindAsync(view, mayBeBehind ? actor : null, ct);
        if (removed) return new GateResult.Shut(AccountDoor.RevokedFrom(state));
        if (actor is null) return Shut(ErrorCode.SignatureInvalid);
        if (isChange && AccountDoor.ForbidsChange(view.KeyRow!) is { } suspended)
            return new GateResult.Shut(suspended);
        // A process that died after a commit point left the key row behind: it is brought up before anything is
        // answered.
        if (KeyRowUpkeep.IsDue(view.KeyRow!, state)
            && await _upkeep.AdvanceAsync(view.KeyRowKey, state, ct) is { } failure)
            return new GateResult.Shut(failure);
        if (!state.Doomed.IsEmpty)
        {
            if (await DoomedRows.FinishAsync(_data, view.Rows, ct) is { } unfinished)
                return new GateResult.Shut(unfinished);
            return await PassAsync(keyId, verify, ct, mayBeBehind, isChange);
        }

        await _upkeep.NoteUseAsync(view, ct);
        return new GateResult.Open(new OpenAccount(view.TakeRows(), state, view.Stored!, view.KeyRowKey, actor)
        {
            MayBeHeld = view.KeyRow!.MayBeHeld,
            IsLegallyHeld = view.KeyRow.IsLegallyHeld,
        });
    }

    /// <summary>
    /// Whether there is such an account, for whoever asks before anything is verified: one point read, of a slot two.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The key store cannot answer.</exception>
    public async ValueTask<bool> IsKnownAsync(KeyId keyId, CancellationToken ct) =>
        await AccountDoor.ReadAsync(
            _keys, _lookups.Ids.KeyRow(keyId.Account ?? await FindBySlotAsync(keyId.Authority, ct)), ct) is { } row
        && KeyRow.Decode(row.Value).State != KeyRowState.Erased;

    /// <summary>Zeroes the decoy's keys.</summary>
    public void Dispose() => _decoy.Dispose();

    private async ValueTask<AccountId> FindBySlotAsync(AuthorityId slot, CancellationToken ct) =>
        _lookups.Open(await AccountDoor.ReadAsync(_keys, _lookups.Ids.Slot(slot), ct) ?? _decoy.Lookup);

    // Who is not in an older chain may have come since, and who is may have gone: neither is told more.
    private async ValueTask<GateResult> PassBehindAsync(
        AccountView view, AccountAuthority? reader, CancellationToken ct)
    {
        var active = view.KeyRow!.MinChain!.Active;
        if (reader is null || !active.Contains(reader.Id))
            return new GateResult.Shut(AccountDoor.FailureOf(view)!);
        await _upkeep.NoteUseAsync(view, ct);
        return new GateResult.Open(
            new OpenAccount(view.TakeRows(), view.State!, view.Stored!, view.KeyRowKey, reader)
            {
                ActiveAtMinChain = active,
                MayBeHeld = view.KeyRow.MayBeHeld,
                IsLegallyHeld = view.KeyRow.IsLegallyHeld,
            });
    }

    // As many reads and openings as for an account that is there.
    private async ValueTask<AccountState> ReadDecoyAsync(AccountView view, CancellationToken ct)
    {
        if (view.HasRows) return AccountRow.Decode(_decoy.OpenAccountRow());
        using var rows = _decoy.OpenKeyRow();
        await AccountDoor.ReadAsync(_data, rows.Account, ct);
        return AccountRow.Decode(_decoy.OpenAccountRow());
    }

    private AccountAuthority? Verify(AccountState state, AuthorityId id, Func<VerifyKey, bool> verify, out bool removed)
    {
        ServiceMeter.Verification();
        removed = false;
        if (state.Authorities.TryGetValue(id, out var actor)) return verify(actor.SigningKey) ? actor : null;
        var gone = state.Removed.FirstOrDefault(r => r.Id == id).Key;
        removed = verify(gone ?? _decoy.Authority.SigningKey) && gone is not null;
        return null;
    }

    private static GateResult.Shut Shut(ErrorCode code) => new(new ServiceFailure(code));
}
