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
internal sealed class AccountDoor(
    IDataStore data, IKeyStore keys, Lookups lookups, SubjectKeys subjectKeys, FirstOpening opening)
{
    private const int Attempts = 8;

    /// <summary>Reads an account.</summary>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    /// <exception cref="RowDamagedException">A row does not open.</exception>
    public ValueTask<AccountView> ReadAsync(AccountId account, CancellationToken ct) =>
        ReadAsync(lookups.Ids.KeyRow(account), account, ct);

    /// <summary>Reads an account by its key row's place. What is lost without a trace is claimed by no name.</summary>
    public ValueTask<AccountView> ReadAsync(RowKey keyRowKey, CancellationToken ct) => ReadAsync(keyRowKey, null, ct);

    // Found restored or lost for the first time, it is claimed so, and read anew.
    private async ValueTask<AccountView> ReadAsync(RowKey keyRowKey, AccountId? account, CancellationToken ct)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var (view, isCurrent) = await ReadOnceAsync(keyRowKey, account, ct);
            if (isCurrent) return view;
            view.Dispose();
        }

        throw new StoreUnavailableException(StoreFault.Busy, "the account changes while it is opened");
    }

    private async ValueTask<(AccountView View, bool IsCurrent)> ReadOnceAsync(
        RowKey keyRowKey, AccountId? account, CancellationToken ct)
    {
        var keyStored = await ReadAsync(keys, keyRowKey, ct);
        if (keyStored is null) return (new AccountView(AccountStanding.Unknown, keyRowKey, null, null), true);
        var keyRow = KeyRow.Decode(keyStored.Value);
        if (keyRow.State == KeyRowState.Erased)
            return (new AccountView(AccountStanding.Erased, keyRowKey, keyStored, keyRow), true);
        AccountRows rows;
        try
        {
            rows = await subjectKeys.OpenAsync(keyRowKey, keyRow, ct);
        }
        catch (AccountErasedException)
        {
            return (new AccountView(AccountStanding.Erased, keyRowKey, keyStored, keyRow), false);
        }

        try
        {
            var stored = await ReadAsync(data, rows.Account, ct);
            // Erased since its key row was read.
            var isFenced = stored is not null && AccountFence.Is(stored);
            var state = stored is null || isFenced ? null : AccountRow.Decode(rows.Open(stored));
            var isCurrent = isFenced
                || !await opening.OpenAsync(rows, account, keyStored, keyRow, stored, state, ct);
            return (new AccountView(
                isFenced ? AccountStanding.Erased : Standing(keyRow, state), keyRowKey, keyStored, keyRow)
            {
                Rows = rows,
                Stored = stored,
                State = state,
            }, isCurrent);
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
        using var view = await ReadAsync(account.KeyRowKey, account.State.Account, ct);
        if (FailureOf(view) is { } failure) return failure;
        // Whoever reads an account anew is about to change it.
        if (ForbidsChange(view.KeyRow!) is { } suspended) return suspended;
        var (id, key) = (account.Actor.Id, account.Actor.SigningKey);
        if (!view.State!.Authorities.TryGetValue(id, out var actor) || actor.SigningKey != key)
            return RevokedFrom(view.State);
        account.Update(view.Stored!, view.State, actor);
        return null;
    }

    /// <summary>What whoever knows of the account hears; null where it is open.</summary>
    public static ServiceFailure? FailureOf(AccountView view) => view.Standing switch
    {
        AccountStanding.Open => null,
        AccountStanding.Lost => new ServiceFailure(ErrorCode.VaultLost) { Restored = view.KeyRow!.Claims },
        AccountStanding.RolledBack =>
            new ServiceFailure(ErrorCode.RepairRequired) { Restored = view.KeyRow!.Claims },
        AccountStanding.Erased => new ServiceFailure(ErrorCode.Erased),
        _ => new ServiceFailure(ErrorCode.NotFound),
    };

    /// <summary>Why operators let nobody change the account; null where they do.</summary>
    public static ServiceFailure? ForbidsChange(KeyRow keyRow) =>
        keyRow.IsSuspended ? new ServiceFailure(ErrorCode.Suspended) : null;

    /// <summary>What somebody hears who was removed: with the head, which proves that the home has taken it.</summary>
    public static ServiceFailure RevokedFrom(AccountState state) =>
        new(ErrorCode.Revoked) { Restored = state.Claims, SignedHead = state.SignedHead };

    /// <summary>Reads a row on a request's path, where unknown and known must cost the same.</summary>
    public static async ValueTask<Row?> ReadAsync(IRowStore store, RowKey key, CancellationToken ct)
    {
        ServiceMeter.Read();
        return await store.ReadAsync(key, ct);
    }

    private static AccountStanding Standing(KeyRow keyRow, AccountState? state)
    {
        if (state is null) return keyRow.State == KeyRowState.Live ? AccountStanding.Lost : AccountStanding.Unknown;
        return MinChain.IsBehind(keyRow.MinChain, state)
            ? AccountStanding.RolledBack : AccountStanding.Open;
    }
}
