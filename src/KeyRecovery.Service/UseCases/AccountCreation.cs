using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Operations;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// Makes an account for an app user who has none. Write order: key row (pending) and lookups, data, account row, key
/// row (live); a crash anywhere leaves something that a repeat finishes or the sweep removes.
/// </summary>
public sealed class AccountCreation
{
    // How long a creation that died keeps the user's place before another may take it.
    private const ulong PendingSeconds = 60;

    private readonly ServiceContext _context;

    internal AccountCreation(ServiceContext context) => _context = context;

    /// <summary>Creates. The same creation again gets the same answer.</summary>
    /// <param name="user">Whose, by an app token.</param>
    /// <param name="bundle">A commit with link 0.</param>
    /// <param name="ct">Cancels what was not yet written.</param>
    public async ValueTask<Outcome<Heads>> CreateAsync(AppUser user, CommitBundle bundle, CancellationToken ct)
    {
        if (bundle.Link is null) return ServiceFailure.Refused("link", ProtocolFault.Malformed);
        var start = Chain.Start(user.App, bundle.Link);
        if (start is ChainStep.Refused refused) return ServiceFailure.Refused("link", refused.Fault);
        var chain = ((ChainStep.Ok)start).Chain;
        var policy = _context.Policies.Of(user.App);
        if (CheckFirst(bundle, chain, policy) is { } failure) return failure;

        var claimed = await ClaimAsync(user, chain, ct);
        if (claimed is Outcome<AccountRows>.Failed failed) return failed.Failure;
        using var rows = ((Outcome<AccountRows>.Done)claimed).Value;
        return await WriteAsync(user, bundle, chain, rows, ct);
    }

    private static ServiceFailure? CheckFirst(CommitBundle bundle, Chain chain, AppPolicy policy)
    {
        if (SlotRules.Check(bundle.Link!.Link) is var slots and not ProtocolFault.None) return ServiceFailure.Refused("link", slots);
        if (bundle.Keyset!.CheckAgainst(chain) is var keyset and not ProtocolFault.None) return ServiceFailure.Refused("keyset", keyset);
        if (bundle.Manifest.CheckAgainst(chain) is var manifest and not ProtocolFault.None) return ServiceFailure.Refused("manifest", manifest);
        if (bundle.Manifest.CheckFollows(null) is var follows and not ProtocolFault.None) return ServiceFailure.Refused("manifest", follows);
        return ItemRules.CheckSizes(bundle.Manifest.Manifest, ItemRules.Changes(null, bundle.Manifest.Manifest), policy);
    }

    // The user's place, the slots and a pending key row, in one write; or what an earlier try of the same creation left.
    private async ValueTask<Outcome<AccountRows>> ClaimAsync(AppUser user, Chain chain, CancellationToken ct)
    {
        var (ids, account) = (_context.Lookups.Ids, chain.Account);
        var keyRowKey = ids.KeyRow(account);
        if (await _context.Keys.ReadAsync(keyRowKey, ct) is { } mine) return await ResumeAsync(user, account, mine, ct);

        var writes = new List<RowWrite>();
        var subject = ids.Subject(user);
        if (await _context.Keys.ReadAsync(subject, ct) is not { } taken)
        {
            writes.Add(_context.Lookups.Create(subject, account));
        }
        else
        {
            var other = await FindAbandonedAsync(ids.KeyRow(_context.Lookups.Open(taken)), ct);
            if (other is null) return new ServiceFailure(ErrorCode.AccountExists);
            if (other is RowWrite.Delete abandoned) writes.Add(abandoned);
            writes.Add(_context.Lookups.Replace(subject, account, taken.Version));
        }

        var slots = chain.Active.Where(a => a.IsSlot).Select(a => ids.Slot(a.Id)).ToList();
        writes.AddRange(slots.Select(s => _context.Lookups.Create(s, account)));
        // Until the write's end: a rotation that begins meanwhile waits for this row before it looks for the last ones.
        using var lease = _context.SubjectKeys.Wrap();
        var (rows, kek, wrapped) = _context.SubjectKeys.Create(lease, keyRowKey);
        writes.Add(new RowWrite.Create(keyRowKey, new KeyRow(KeyRowState.Pending, kek, wrapped, null, _context.NowSeconds).Encode()));

        var result = await _context.Keys.WriteAsync(writes, ct);
        if (result is WriteResult.Written) return rows;
        rows.Dispose();
        return result switch
        {
            WriteResult.Unavailable(var reason) => ServiceFailure.Of(reason),
            WriteResult.Refused(var index) when slots.Contains(writes[index].Key) => new ServiceFailure(ErrorCode.SlotExists) { Field = "link.add" },
            _ => new ServiceFailure(ErrorCode.AccountExists),
        };
    }

    private async ValueTask<Outcome<AccountRows>> ResumeAsync(AppUser user, AccountId account, Row stored, CancellationToken ct)
    {
        var row = KeyRow.Decode(stored.Value);
        if (row.State == KeyRowState.Erased) return new ServiceFailure(ErrorCode.Erased);
        var lookup = await _context.Keys.ReadAsync(_context.Lookups.Ids.Subject(user), ct);
        if (lookup is null || _context.Lookups.Open(lookup) != account) return new ServiceFailure(ErrorCode.AccountExists);
        return await _context.SubjectKeys.OpenAsync(stored.Key, row, ct);
    }

    // The write that clears a creation which died long ago; a Require where nothing is left of it; null where it lives.
    private async ValueTask<RowWrite?> FindAbandonedAsync(RowKey keyRowKey, CancellationToken ct)
    {
        if (await _context.Keys.ReadAsync(keyRowKey, ct) is not { } stored) return new RowWrite.Require(keyRowKey, 0);
        var row = KeyRow.Decode(stored.Value);
        if (row.State != KeyRowState.Pending || row.Since + PendingSeconds > _context.NowSeconds) return null;
        using var rows = await _context.SubjectKeys.OpenAsync(keyRowKey, row, ct);
        return await _context.Data.ReadAsync(rows.Account, ct) is null ? new RowWrite.Delete(keyRowKey, stored.Version) : null;
    }

    private async ValueTask<Outcome<Heads>> WriteAsync(AppUser user, CommitBundle bundle, Chain chain, AccountRows rows, CancellationToken ct)
    {
        var now = _context.NowSeconds;
        var writer = new CommitWriter(_context.Data, rows, chain.Account, now);
        if (await writer.AddItemsAsync(ItemRules.Changes(null, bundle.Manifest.Manifest), bundle, ct) is { } wrongItem) return wrongItem;

        var state = FirstState(user, bundle, chain, now);
        var writes = writer.Write(bundle, rows.Create(rows.Account, state.Encode()), null, null);
        switch (await _context.Data.WriteAsync(writes, ct))
        {
            case WriteResult.Unavailable(var reason):
                return ServiceFailure.Of(reason);
            case WriteResult.Refused:
                // The same beginning again is the same account, however far it has come; another one is another account.
                if (await _context.Data.ReadAsync(rows.Link(chain.Place), ct) is null) return new ServiceFailure(ErrorCode.AccountExists);
                state = AccountState.Decode(await _context.Data.GetAsync(rows, rows.Account, ct));
                break;
        }
        var failure = await MinChain.AdvanceAsync(_context.Keys, _context.Lookups.Ids.KeyRow(chain.Account), state.LastRemoval, ct);
        return failure is null ? state.Heads : failure;
    }

    // Who stands in link 0 is trusted at once: there is nobody older to be locked out.
    private static AccountState FirstState(AppUser user, CommitBundle bundle, Chain chain, ulong now) => new()
    {
        Account = chain.Account,
        User = user,
        Chain = chain.Place,
        Epoch = chain.Epoch,
        KeysetHash = bundle.Keyset!.Hash,
        ManifestVersion = 1,
        ManifestHash = bundle.Manifest.Hash,
        Authorities = chain.Active.ToImmutableSortedDictionary(
            a => a.Id, a => new AccountAuthority(a.Id, a.Kind, a.SigningKey, 0, now)),
        LinkDay = now / (24 * 60 * 60),
        LinksThatDay = 1,
    };
}
