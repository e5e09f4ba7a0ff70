using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Gate;

/// <summary>
/// The one way into an account: reads its key row and its account row, verifies the request's signature, and lets
/// nobody past a tombstone, a lost vault or a chain that was rolled back.
/// </summary>
public sealed class AccountGate : IDisposable
{
    private readonly IDataStore _data;
    private readonly IKeyStore _keys;
    private readonly Lookups _lookups;
    private readonly SubjectKeys _subjectKeys;
    private readonly ErasureRows _erasures;
    private readonly Decoy _decoy;

    internal AccountGate(
        IDataStore data, IKeyStore keys, Lookups lookups, SubjectKeys subjectKeys, ErasureRows erasures, IRandom random)
    {
        _erasures = erasures;
        _data = data;
        _keys = keys;
        _lookups = lookups;
        _subjectKeys = subjectKeys;
        _decoy = new Decoy(lookups, subjectKeys, random);
    }

    /// <summary>Passes a request.</summary>
    /// <param name="keyId">Who the request says has signed it.</param>
    /// <param name="verify">Whether the request's signature verifies under a key.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public async ValueTask<GateResult> PassAsync(KeyId keyId, Func<VerifyKey, bool> verify, CancellationToken ct)
    {
        var named = keyId.Account;
        var account = named ?? await FindBySlotAsync(keyId.Authority, ct);

        var keyRowKey = _lookups.Ids.KeyRow(account);
        var keyStored = await ReadAsync(_keys, keyRowKey, ct);
        var keyRow = keyStored is null ? null : KeyRow.Decode(keyStored.Value);
        if (keyRow is { State: KeyRowState.Erased })
        {
            if (named is not null)
                return new GateResult.Shut(new ServiceFailure(ErrorCode.Erased) { Receipt = await _erasures.ReceiptAsync(keyRowKey, ct) });
            keyRow = null;
        }
        var known = keyRow is not null;
        if (keyRow is null) (keyRowKey, keyRow) = (_decoy.KeyRowKey, KeyRow.Decode(_decoy.KeyRow.Value));

        var rows = known ? await _subjectKeys.OpenAsync(keyRowKey, keyRow, ct) : _decoy.OpenKeyRow(keyRow);
        try
        {
            var stored = await ReadAsync(_data, rows.Account, ct);
            // Erased since its key row was read.
            if (stored is not null && AccountFence.Is(stored))
            {
                if (named is not null) return Shut(ErrorCode.Erased);
                (stored, known) = (null, false);
            }
            // Told to a slot as well: whoever holds the right code must not hear that it is wrong.
            if (known && stored is null && keyRow.State == KeyRowState.Live) return Shut(ErrorCode.VaultLost);
            known &= stored is not null;
            var state = AccountState.Decode(stored is null ? _decoy.OpenAccountRow() : rows.Open(stored));
            var rolledBack = known && MinChain.IsBehind(state.LastRemoval, keyRow.MinChain);
            if (rolledBack && named is not null) return Shut(ErrorCode.RepairRequired);

            var actor = Verify(state, keyId.Authority, verify, out var removed);
            if (removed) return Shut(ErrorCode.Revoked);
            if (actor is null || !known) return Shut(ErrorCode.SignatureInvalid);
            if (rolledBack) return Shut(ErrorCode.RepairRequired);

            // A process that died after a commit point left the key row behind: it is brought up before anything is answered.
            if ((keyRow.State != KeyRowState.Live || keyRow.MinChain != state.LastRemoval)
                && await MinChain.AdvanceAsync(_keys, keyRowKey, state.LastRemoval, ct) is { } failure) return new GateResult.Shut(failure);

            var opened = new OpenAccount(rows, state, stored!.Version, keyRowKey, actor);
            rows = null;
            return new GateResult.Open(opened);
        }
        finally
        {
            rows?.Dispose();
        }
    }

    /// <summary>Zeroes the decoy's keys.</summary>
    public void Dispose() => _decoy.Dispose();

    private async ValueTask<AccountId> FindBySlotAsync(AuthorityId slot, CancellationToken ct) =>
        _lookups.Open(await ReadAsync(_keys, _lookups.Ids.Slot(slot), ct) ?? _decoy.Lookup);

    private AccountAuthority? Verify(AccountState state, AuthorityId id, Func<VerifyKey, bool> verify, out bool removed)
    {
        ServiceMeter.Verification();
        removed = false;
        if (state.Authorities.TryGetValue(id, out var actor)) return verify(actor.SigningKey) ? actor : null;
        var gone = state.Removed.FirstOrDefault(r => r.Id == id).Key;
        removed = verify(gone ?? _decoy.Authority.SigningKey) && gone is not null;
        return null;
    }

    private static async ValueTask<Row?> ReadAsync(IRowStore store, RowKey key, CancellationToken ct)
    {
        ServiceMeter.Read();
        return await store.ReadAsync(key, ct);
    }

    private static GateResult.Shut Shut(ErrorCode code) => new(new ServiceFailure(code));
}
