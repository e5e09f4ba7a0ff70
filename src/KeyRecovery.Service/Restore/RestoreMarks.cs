using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Maintenance;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Restore;

/// <summary>
/// Remembers that stores were restored, and brings key rows up to what the accounts have. Done once more after a cut it
/// is another restore, of which nobody has heard: nobody is served before it ends.
/// </summary>
internal sealed class RestoreMarks(ServiceContext context)
{
    /// <summary>Writes which restores are the newest now.</summary>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public async Task WriteAsync(bool newData, bool newKeys, CancellationToken ct)
    {
        var (known, newest) = (await context.Restores.ReadAsync(ct), context.Now.Latest);
        var data = known.Data;
        // A key store from before a restore of data has forgotten it; the accounts that were opened since have not.
        await foreach (var account in context.ScanAccountsAsync(ct, _ => { }))
        {
            if (account.TryRead() is not { } state) continue;
            if (state.Opened is { } opened && opened.IsNewerThan(data)) data = opened;
            newest = Math.Max(newest, state.Restored?.Mark.Time ?? 0);
        }

        newest = Math.Max(newest, Math.Max(data?.Time ?? 0, known.Keys?.Time ?? 0));
        await context.Restores.WriteAsync(
            new Restores(newData ? Draw() : data, newKeys ? Draw() : known.Keys), ct);

        // Later than every head that was signed before.
        RestoreMark Draw() => new(RestoreId.Draw(context.Random), newest + 1);
    }

    /// <summary>
    /// Brings the remembered link of every account up to its head, never down, and the lookups of its slots with it;
    /// after a restore of keys, these in any case.
    /// </summary>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public async Task RaiseAsync(bool newData, bool newKeys, CancellationToken ct)
    {
        var claims = new SlotClaims(context.Keys, context.Lookups);
        await foreach (var account in context.ScanAccountsAsync(ct, _ => { }))
        {
            if (account.KeyRow.State != KeyRowState.Live || account.TryRead() is not { } state) continue;
            var raised = await RaisedAsync(account, state, newData, ct);
            // Slots whose lookups went with the keys, or came with links of which the keys hear now. One that is
            // another's stays so.
            if (newKeys) await context.AppAccounts.MendAsync(state.User.App, state.Account, ct);
            if (newKeys || !ReferenceEquals(raised, account.KeyRow))
                foreach (var slot in state.Authorities.Values.Where(a => a.IsSlot))
                    await claims.ClaimAsync(
                        context.Lookups.Ids.Slot(slot.Id), state.Account, "slot", Errors.ErrorCode.SlotExists, ct);
            var next = raised with
            {
                Claims = newKeys ? Claims.Join(raised.Claims, state.Claims) : raised.Claims,
            };
            if (next.Encode().AsSpan().SequenceEqual(account.KeyStored.Value.Span)) continue;
            if (await context.Keys.WriteAsync([new RowWrite.Replace(account.KeyStored, next.Encode())], ct)
                is not WriteResult.Written)
                throw new StoreUnavailableException(StoreFault.Busy, "a key row changes while stores are joined");
        }
    }

    // Which restore of keys it says stays: nobody has committed what it is raised to since.
    private async ValueTask<KeyRow> RaisedAsync(
        ScannedAccount account, AccountState state, bool newData, CancellationToken ct)
    {
        var (row, min) = (account.KeyRow, account.KeyRow.MinChain);
        if (min?.Place == state.Chain || state.Lacks is not null) return row;
        // Data that somebody met since they were last restored are the newest there are, whichever way they have come;
        // a file of fewer links may have been put back by hand.
        var isNewest = !newData && (await context.Restores.ReadAsync(ct)).Data?.IsNewerThan(state.Opened) is not true;
        var isRaised = isNewest
            ? min is null || state.Chain.Sequence >= min.Place.Sequence || state.Supersedes is not null
            : (min is null || state.Chain.Sequence > min.Place.Sequence)
                && !await FirstOpening.LacksAsync(context.Data, account.Rows, state, min, ct);
        if (!isRaised) return row;
        return row with { MinChain = MinChain.Of(state, min?.Keys, context.Now) };
    }
}
