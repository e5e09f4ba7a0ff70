using KeyRecovery.Protocol.Audit;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Makes the key store and the list beside it agree: erases again what an older key store has brought back. The
/// receipts that were given stand; the new ones say that an operator asked, who is the one that restored.
/// </summary>
internal sealed class TombstoneReplay(
    ServiceContext context, ErasureRows rows, Eraser eraser, ITombstones tombstones, ReadOnlyMemory<byte> fenceKey)
{
    /// <summary>
    /// Destroys the keys of all that stand in the list; their rows are left to whoever finishes erasures.
    /// </summary>
    /// <returns>How many had come back.</returns>
    /// <exception cref="StoreUnavailableException">A store, or the list, cannot answer.</exception>
    public async ValueTask<int> RunAsync(CancellationToken ct)
    {
        var erased = await tombstones.ReadAsync(ct);
        var (back, unlisted) = (new Dictionary<RowKey, AccountId?>(), new List<Hash256>());
        await foreach (var stored in context.Keys.ScanAsync(Table.KeyRows, ct))
        {
            var (isErased, name) = (KeyRow.Decode(stored.Value).State == KeyRowState.Erased,
                TombstoneName.Of(fenceKey, stored.Key));
            if (isErased == erased.Contains(name)) continue;
            if (isErased) unlisted.Add(name);
            else back[stored.Key] = default;
        }

        // A list that was lost grows again from what the key store knows.
        await tombstones.AppendAsync(unlisted, ct);
        if (back.Count == 0) return 0;
        await NameAsync(back, ct);
        foreach (var (keyRow, account) in back) await EraseAsync(keyRow, account, ct);
        return back.Count;
    }

    // A key row does not say whose it is; the lookups that lead there do.
    private async ValueTask NameAsync(Dictionary<RowKey, AccountId?> back, CancellationToken ct)
    {
        foreach (var table in context.Tables.Lookups)
        {
            await foreach (var lookup in context.Keys.ScanAsync(table, ct))
            {
                var account = context.Lookups.Open(lookup);
                var keyRow = context.Lookups.Ids.KeyRow(account);
                if (back.ContainsKey(keyRow)) back[keyRow] = account;
            }
        }
    }

    private async ValueTask EraseAsync(RowKey keyRow, AccountId? named, CancellationToken ct)
    {
        if (await context.Keys.ReadAsync(keyRow, ct) is not { } stored) return;
        var state = await ReadAsync(keyRow, KeyRow.Decode(stored.Value), ct);
        if ((named ?? state?.Account) is not { } account)
        {
            // Nothing leads to it and nothing hangs on it that could be found: no receipt, ever.
            var tombstone = new RowWrite.Replace(
                stored, new KeyRow(KeyRowState.Erased, default, default, null, context.Now.Wall).Encode());
            var isTold = await rows.LastReceiptAsync(keyRow, ct) is not null;
            await context.Keys.WriteAsync(isTold ? [tombstone] : [rows.CreateReceipt(keyRow, default), tombstone], ct);
            return;
        }

        var request = new ErasureRow
        {
            Phase = ErasurePhase.Erasing,
            Id = ErasureId.Draw(context.Random),
            App = state?.User.App ?? AppUser.Unknown,
            RequestedBy = ErasureRequester.Operator,
            RequestedAt = context.Now.Wall,
            Account = account,
        };
        await eraser.DestroyAgainAsync(keyRow, await AsBeforeAsync(keyRow, request, ct), ct);
    }

    // Begun or done when the snapshot was taken: then it is the same one.
    private async ValueTask<ErasureRow> AsBeforeAsync(RowKey keyRow, ErasureRow request, CancellationToken ct)
    {
        if ((await rows.ReadAsync(keyRow, ct)).Row is { Phase: ErasurePhase.Erasing or ErasurePhase.Erased } begun)
            return request with {
                Id = begun.Id, App = begun.App, RequestedBy = begun.RequestedBy, RequestedAt = begun.RequestedAt,
            };
        if (await rows.LastReceiptAsync(keyRow, ct) is not { IsEmpty: false } last) return request;
        var given = SignedErasureReceipt.Decode(last).Receipt;
        return request with {
            Id = given.Id, App = given.App, RequestedBy = given.RequestedBy, RequestedAt = given.RequestedAt,
        };
    }

    private async ValueTask<AccountState?> ReadAsync(RowKey keyRow, KeyRow key, CancellationToken ct)
    {
        try
        {
            using var account = await context.SubjectKeys.OpenAsync(keyRow, key, ct);
            return await context.Data.FindAsync(account, account.Account, ct) is { } state
                ? AccountRow.Decode(state) : null;
        }
        catch (Exception e) when (e is RowDamagedException or AccountErasedException)
        {
            return null;
        }
    }
}
