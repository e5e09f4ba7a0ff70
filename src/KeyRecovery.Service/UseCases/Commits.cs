using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Operations;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>Commits a change to an account: whole or not at all, and durable before it is answered.</summary>
public sealed class Commits
{
    private readonly ServiceContext _context;

    internal Commits(ServiceContext context) => _context = context;

    /// <summary>Commits. The same commit again gets the same answer.</summary>
    /// <param name="account">The account; whoever signed the request asks.</param>
    /// <param name="bundle">The commit.</param>
    /// <param name="ct">Cancels what was not yet written.</param>
    public async ValueTask<Outcome<Heads>> CommitAsync(OpenAccount account, CommitBundle bundle, CancellationToken ct)
    {
        var outcome = await TryAsync(account, bundle, ct);
        ServiceMeter.Commit(outcome is Outcome<Heads>.Failed failed ? failed.Failure.Code.ToString() : "Done");
        return outcome;
    }

    private async ValueTask<Outcome<Heads>> TryAsync(OpenAccount account, CommitBundle bundle, CancellationToken ct)
    {
        var (rows, state) = (account.Rows, account.State);
        if (bundle.Manifest.Hash == state.ManifestHash) return state.Heads;

        var before = await _context.Data.FindAsync(rows, rows.Manifest(state.ManifestHash), ct);
        if (before is null) return await ConflictAsync(account, bundle, ct);
        var request = new CommitRequest(
            state, SignedManifest.Decode(before), await ReadChainAsync(account, bundle, ct), account.Actor, bundle,
            _context.Time.GetUtcNow(), _context.Policies.Of(state.User.App));
        var decision = CommitRules.Decide(request);
        if (decision is CommitDecision.Rejected rejected) return rejected.Failure;
        var accepted = (CommitDecision.Accepted)decision;

        var writer = new CommitWriter(_context.Data, rows, state.Account, _context.NowSeconds);
        if (await writer.AddItemsAsync(accepted.Changes, bundle, ct) is { } wrongItem) return wrongItem;
        if (bundle.Link is { } link && await ClaimSlotsAsync(account, link, ct) is { } taken) return taken;

        var accountRow = rows.Replace(rows.Account, accepted.Next.Encode(), account.Version);
        var writes = writer.Write(bundle, accountRow, state.ManifestHash, state.KeysetHash);
        try
        {
            return await _context.Data.WriteAsync(writes, ct) switch
            {
                WriteResult.Written => await FinishAsync(account, accepted.Next, bundle.Link, ct),
                WriteResult.Unavailable(var reason) => ServiceFailure.Of(reason),
                _ => await ConflictAsync(account, bundle, ct),
            };
        }
        catch (AccountErasedException) when (bundle.Link is not null)
        {
            await ReleaseSlotsAsync(account, bundle.Link, ct);
            throw;
        }
    }

    private async ValueTask<Chain?> ReadChainAsync(OpenAccount account, CommitBundle bundle, CancellationToken ct)
    {
        if (bundle.Link is null) return null;
        var links = await _context.Data.ReadLinksAsync(account.Rows, account.State, 0, ct);
        return Chain.Replay(links.Select(SignedLink.Decode));
    }

    // Before the commit point: a slot whose lookup is missing could not recover.
    private async ValueTask<ServiceFailure?> ClaimSlotsAsync(OpenAccount open, SignedLink link, CancellationToken ct)
    {
        var account = open.State.Account;
        foreach (var slot in link.Link.Add.Where(a => a.Kind != AuthorityKind.Device))
        {
            var lookup = _context.Lookups.Ids.Slot(slot.Id);
            // Together with the key row as it is: no lookup comes to lead to an account that is being erased.
            if (await _context.Keys.ReadAsync(open.KeyRowKey, ct) is not { } keyRow || KeyRow.Decode(keyRow.Value).State == KeyRowState.Erased)
                return new ServiceFailure(ErrorCode.Erased);
            switch (await _context.Keys.WriteAsync([new RowWrite.Require(keyRow.Key, keyRow.Version), _context.Lookups.Ensure(lookup, account)], ct))
            {
                case WriteResult.Unavailable(var reason):
                    return ServiceFailure.Of(reason);
                case WriteResult.Refused:
                    return new ServiceFailure(ErrorCode.Unavailable);
            }

            var stored = await _context.Keys.ReadAsync(lookup, ct);
            if (stored is null || _context.Lookups.Open(stored) != account) return new ServiceFailure(ErrorCode.SlotExists) { Field = "link.add" };
        }
        return null;
    }

    // The removal is remembered where a restored data store cannot forget it, before the client hears of success.
    private async ValueTask<Outcome<Heads>> FinishAsync(OpenAccount account, AccountState next, SignedLink? link, CancellationToken ct)
    {
        foreach (var removed in link?.Link.Remove ?? []) _context.Links.EndSessionsOf(next.Account, removed);
        var addsSlots = link is not null && SlotsOf(link).Any();
        if (next.LastRemoval == account.State.LastRemoval && !addsSlots) return next.Heads;
        var failure = await MinChain.AdvanceAsync(_context.Keys, account.KeyRowKey, next.LastRemoval, ct, touch: addsSlots);
        if (failure?.Code == ErrorCode.Erased) await ReleaseSlotsAsync(account, link!, ct);
        return failure is null ? next.Heads : failure;
    }

    private static IEnumerable<AuthorityId> SlotsOf(SignedLink link) =>
        link.Link.Add.Where(a => a.Kind != AuthorityKind.Device).Select(a => a.Id);

    // Claimed for a commit that an erasure forestalled. The sweep finds what a crash leaves of them.
    private async ValueTask ReleaseSlotsAsync(OpenAccount account, SignedLink link, CancellationToken ct)
    {
        foreach (var slot in SlotsOf(link))
            if (await _context.Keys.ReadAsync(_context.Lookups.Ids.Slot(slot), ct) is { } lookup && _context.Lookups.Open(lookup) == account.State.Account)
                await _context.Keys.WriteAsync([new RowWrite.Delete(lookup.Key, lookup.Version)], ct);
    }

    private async ValueTask<Outcome<Heads>> ConflictAsync(OpenAccount account, CommitBundle bundle, CancellationToken ct)
    {
        var current = AccountState.Decode(await _context.Data.GetAsync(account.Rows, account.Rows.Account, ct));
        return current.ManifestHash == bundle.Manifest.Hash
            ? current.Heads
            : new ServiceFailure(ErrorCode.StaleVersion) { Current = current.Heads };
    }
}
