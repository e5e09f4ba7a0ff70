using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Telemetry;

namespace KeyRecovery.Service.Gate;

/// <summary>
/// How everybody looks into an account: the gate for its requests, and whoever works without a signature. The key row
/// is read each time and never cached; what the two rows say together is decided here and nowhere else.
/// </summary>
internal sealed class AccountDoor(IDataStore data, IKeyStore keys, Lookups lookups, SubjectKeys subjectKeys)
{
    /// <summary>Reads an account.</summary>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    /// <exception cref="RowDamagedException">A row does not open.</exception>
    public ValueTask<AccountView> ReadAsync(AccountId account, CancellationToken ct) =>
        ReadAsync(lookups.Ids.KeyRow(account), ct);

    /// <summary>Reads an account by its key row's place.</summary>
    public async ValueTask<AccountView> ReadAsync(RowKey keyRowKey, CancellationToken ct)
    {
        var stored = await ReadAsync(keys, keyRowKey, ct);
        return await ReadAsync(keyRowKey, stored, ct);
    }

    /// <summary>Reads an account of which the key row is at hand.</summary>
    public async ValueTask<AccountView> ReadAsync(RowKey keyRowKey, Row? keyStored, CancellationToken ct)
    {
        if (keyStored is null) return new AccountView(AccountStanding.Unknown, keyRowKey, null, null);
        var keyRow = KeyRow.Decode(keyStored.Value);
        if (keyRow.State == KeyRowState.Erased)
            return new AccountView(AccountStanding.Erased, keyRowKey, keyStored, keyRow);
        var rows = await subjectKeys.OpenAsync(keyRowKey, keyRow, ct);
        try
        {
            var stored = await ReadAsync(data, rows.Account, ct);
            // Erased since its key row was read.
            var isFenced = stored is not null && AccountFence.Is(stored);
            var state = stored is null || isFenced ? null : AccountRow.Decode(rows.Open(stored));
            return new AccountView(
                isFenced ? AccountStanding.Erased : Standing(keyRow, state), keyRowKey, keyStored, keyRow)
            {
                Rows = rows,
                Stored = stored,
                State = state,
            };
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    /// <summary>Reads an account that a request has open once more; null where its signer still may act.</summary>
    public async ValueTask<ServiceFailure?> RefreshAsync(OpenAccount account, CancellationToken ct)
    {
        using var view = await ReadAsync(account.KeyRowKey, ct);
        if (FailureOf(view.Standing) is { } failure) return failure;
        var (id, key) = (account.Actor.Id, account.Actor.SigningKey);
        if (!view.State!.Authorities.TryGetValue(id, out var actor) || actor.SigningKey != key)
            return new ServiceFailure(ErrorCode.Revoked);
        account.Update(view.Stored!, view.State, actor);
        return null;
    }

    /// <summary>What whoever knows of the account hears; null where it is open.</summary>
    public static ServiceFailure? FailureOf(AccountStanding standing) => standing switch
    {
        AccountStanding.Open => null,
        AccountStanding.Lost => new ServiceFailure(ErrorCode.VaultLost),
        AccountStanding.RolledBack => new ServiceFailure(ErrorCode.RepairRequired),
        AccountStanding.Erased => new ServiceFailure(ErrorCode.Erased),
        _ => new ServiceFailure(ErrorCode.NotFound),
    };

    /// <summary>Reads a row on a request's path, where unknown and known must cost the same.</summary>
    public static async ValueTask<Row?> ReadAsync(IRowStore store, RowKey key, CancellationToken ct)
    {
        ServiceMeter.Read();
        return await store.ReadAsync(key, ct);
    }

    private static AccountStanding Standing(KeyRow keyRow, AccountState? state)
    {
        if (state is null) return keyRow.State == KeyRowState.Live ? AccountStanding.Lost : AccountStanding.Unknown;
        return MinChain.IsBehind(state.LastRemoval, keyRow.MinChain)
            ? AccountStanding.RolledBack : AccountStanding.Open;
    }
}
