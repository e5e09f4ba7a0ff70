using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Makes the key store and the list beside it agree: erases again what an older key store has brought back. The receipts that were given stand;
/// the new ones say that an operator asked, who is the one that restored.
/// </summary>
internal sealed class TombstoneReplay(ServiceContext context, ErasureRows rows, Eraser eraser, ITombstones tombstones, ReadOnlyMemory<byte> fenceKey)
{
    /// <summary>Destroys the keys of all that stand in the list; their rows are left to whoever finishes erasures.</summary>
    /// <returns>How many had come back.</returns>
    /// <exception cref="StoreUnavailableException">A store, or the list, cannot answer.</exception>
    public async ValueTask<int> RunAsync(CancellationToken ct)
    {
        var erased = await tombstones.ReadAsync(ct);
        var (back, unlisted) = (new Dictionary<RowKey, (AccountId? Account, RowKey? Subject)>(), new List<Hash256>());
        await foreach (var stored in context.Keys.ScanAsync(Table.KeyRows, ct))
        {
            var (isErased, name) = (KeyRow.Decode(stored.Value).State == KeyRowState.Erased, Eraser.Tombstone(fenceKey, stored.Key));
            if (isErased == erased.Contains(name)) continue;
            if (isErased) unlisted.Add(name);
            else back[stored.Key] = default;
        }

        // A list that was lost grows again from what the key store knows.
        await tombstones.AppendAsync(unlisted, ct);
        if (back.Count == 0) return 0;
        await NameAsync(back, ct);
        foreach (var (keyRow, (account, subject)) in back) await EraseAsync(keyRow, account, subject, ct);
        return back.Count;
    }

    // A key row does not say whose it is; the lookups that lead there do.
    private async ValueTask NameAsync(Dictionary<RowKey, (AccountId? Account, RowKey? Subject)> back, CancellationToken ct)
    {
        foreach (var table in context.Tables.Lookups)
        {
            await foreach (var lookup in context.Keys.ScanAsync(table, ct))
            {
                var account = context.Lookups.Open(lookup);
                var keyRow = context.Lookups.Ids.KeyRow(account);
                if (back.TryGetValue(keyRow, out var known)) back[keyRow] = (account, table == Table.Subjects ? lookup.Key : known.Subject);
            }
        }
    }

    private async ValueTask EraseAsync(RowKey keyRow, AccountId? named, RowKey? subject, CancellationToken ct)
    {
        if (await context.Keys.ReadAsync(keyRow, ct) is not { } stored) return;
        var state = await ReadAsync(keyRow, KeyRow.Decode(stored.Value), ct);
        if ((named ?? state?.Account) is not { } account)
        {
            // Nothing leads to it and nothing hangs on it that could be found.
            await context.Keys.WriteAsync([new RowWrite.Replace(stored, new KeyRow(KeyRowState.Erased, default, default, null, context.NowSeconds).Encode())], ct);
            return;
        }

        // Begun or done when the snapshot was taken: then it is the same one.
        var before = (await rows.ReadAsync(keyRow, ct)).Row is { Phase: not ErasurePhase.Held } begun ? begun : null;
        var request = new ErasureRow
        {
            Phase = ErasurePhase.Erasing,
            Id = before?.Id ?? ErasureId.Draw(context.Random),
            App = before?.App ?? state?.User.App ?? AppUser.Unknown,
            RequestedBy = before?.RequestedBy ?? ErasureRequester.Operator,
            RequestedAt = before?.RequestedAt ?? context.NowSeconds,
            Account = account,
        };
        await eraser.DestroyAsync(keyRow, request, subject, [], ct);
    }

    private async ValueTask<AccountState?> ReadAsync(RowKey keyRow, KeyRow key, CancellationToken ct)
    {
        try
        {
            using var account = await context.SubjectKeys.OpenAsync(keyRow, key, ct);
            return await context.Data.FindAsync(account, account.Account, ct) is { } state ? AccountRow.Decode(state) : null;
        }
        catch (Exception e) when (e is RowDamagedException or AccountErasedException)
        {
            return null;
        }
    }
}
