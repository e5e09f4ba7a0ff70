using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Operations;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// Makes an account for an app user who has none. Write order: key row (pending), the user's lookup, then as every
/// change (<see cref="AccountWriter"/>), key row (live); a crash anywhere leaves something that a repeat finishes or
/// the sweep removes.
/// </summary>
public sealed class AccountCreation
{
    // How long a creation that died keeps the user's place before another may take it.
    private const ulong PendingSeconds = 60;
    private const int Attempts = 8;

    private readonly ServiceContext _context;

    internal AccountCreation(ServiceContext context) => _context = context;

    /// <summary>Creates. The same creation again gets the same answer.</summary>
    /// <param name="user">Whose, by an app token.</param>
    /// <param name="bundle">A commit with link 0.</param>
    /// <param name="ct">Cancels what was not yet written.</param>
    /// <param name="network">From which network it comes; empty where nobody knows.</param>
    public async ValueTask<Outcome<Heads>> CreateAsync(
        AppUser user, CommitBundle bundle, CancellationToken ct, string network = "")
    {
        if (bundle.Link is not { } link) return ServiceFailure.Refused("link", ProtocolFault.Malformed);
        if (!Commits.TryIndex(bundle.Items, out var inline))
            return ServiceFailure.Refused("items", ProtocolFault.ItemHash);
        var start = ChainHead.Start(user.App, link);
        if (start is ChainHeadStep.Refused refused) return ServiceFailure.Refused("link", refused.Fault);
        var head = ((ChainHeadStep.Ok)start).Head;
        if (CheckFirst(bundle, head, _context.Policies.Of(user.App)) is { } failure) return failure;
        using var turn = await _context.Turns.TakeAsync(head.Account, ct);
        var claimed = await ClaimAsync(user, head.Account, ct);
        if (claimed is Outcome<AccountRows>.Failed failed) return failed.Failure;
        using var rows = ((Outcome<AccountRows>.Done)claimed).Value;
        return await WriteAsync(user, bundle, inline, head, rows, network, ct);
    }

    private static ServiceFailure? CheckFirst(CommitBundle bundle, ChainHead head, AppPolicy policy)
    {
        if (SlotRules.Check(bundle.Link!.Link) is var slots and not ProtocolFault.None)
            return ServiceFailure.Refused("link", slots);
        if (bundle.Keyset!.CheckAgainst(head, bundle.Link!.Link) is var keyset and not ProtocolFault.None)
            return ServiceFailure.Refused("keyset", keyset);
        if (bundle.Manifest.CheckAgainst(head) is var manifest and not ProtocolFault.None)
            return ServiceFailure.Refused("manifest", manifest);
        if (bundle.Manifest.CheckFollows(null) is var follows and not ProtocolFault.None)
            return ServiceFailure.Refused("manifest", follows);
        return ItemRules.CheckSizes(
            bundle.Manifest.Manifest, ItemRules.Changes(null, bundle.Manifest.Manifest), policy);
    }

    // A pending key row first, or the sweep would eat the claims that lead to it; then the user's place.
    private async ValueTask<Outcome<AccountRows>> ClaimAsync(AppUser user, AccountId account, CancellationToken ct)
    {
        var keyRowKey = _context.Lookups.Ids.KeyRow(account);
        var made = await MakeKeyRowAsync(user, keyRowKey, ct);
        if (made is Outcome<AccountRows>.Failed) return made;
        var rows = ((Outcome<AccountRows>.Done)made).Value;
        var taken = await ClaimUserAsync(user, account, ct)
            ?? await _context.AppAccounts.AddAsync(user.App, account, ct);
        if (taken is not null) await LetGoAsync(user, account, ct);
        // Claimed, then looked: an erasure that came meanwhile has not seen the claims.
        else if (await IsErasedAsync(keyRowKey, ct))
        {
            await _context.AppAccounts.RemoveAsync(user.App, account, ct);
            taken = await LetGoOfAsync(user, account, ErrorCode.Erased, ct);
        }

        if (taken is null) return rows;
        rows.Dispose();
        return taken;
    }

    private async ValueTask<bool> IsErasedAsync(RowKey keyRowKey, CancellationToken ct) =>
        await _context.Keys.ReadAsync(keyRowKey, ct) is { } row && KeyRow.Decode(row.Value).State == KeyRowState.Erased;

    // A new pending key row, or the one that an earlier try of the same creation left.
    private async ValueTask<Outcome<AccountRows>> MakeKeyRowAsync(AppUser user, RowKey keyRowKey, CancellationToken ct)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            using (var view = await _context.Door.ReadAsync(keyRowKey, ct))
            {
                if (view.Standing == AccountStanding.Erased) return new ServiceFailure(ErrorCode.Erased);
                // Another user's, who has shown this very beginning.
                if (view.State is { } there && !await AccountOwners.IsOwnerAsync(_context, there, user, ct))
                    return new ServiceFailure(ErrorCode.AccountExists);
                if (view.HasRows)
                {
                    await _context.SubjectKeys.MoveOnAsync(keyRowKey, null, ct);
                    return view.TakeRows();
                }
            }

            // Behind the look: whoever asks again for what there is gets the same answer. Who has another account hears
            // of that one, which a new device can recover.
            if (await _context.Usage.FullForAccountAsync(user.App, ct) is { } full
                && await _context.Names.FindAsync(_context.Names.PlacesOf(user), ct) is null)
                return ServiceFailure.Quota(full);
            using var lease = _context.SubjectKeys.Wrap();
            var (rows, kek, wrapped) = _context.SubjectKeys.Create(lease, keyRowKey);
            var now = _context.Now;
            var pending = new KeyRow(KeyRowState.Pending, kek, wrapped, null, now.Latest) { UsedOn = now.LatestDay };
            var result = await _context.Keys.WriteAsync([new RowWrite.Create(keyRowKey, pending.Encode())], ct);
            if (result is WriteResult.Written)
            {
                _context.Usage.Add(user.App, 1, 0);
                await _context.SubjectKeys.MoveOnAsync(keyRowKey, lease, ct);
                return rows;
            }

            rows.Dispose();
            if (result is WriteResult.Unavailable(_, var reason)) return ServiceFailure.Of(reason);
        }

        return new ServiceFailure(ErrorCode.Unavailable);
    }

    private async ValueTask<ServiceFailure?> ClaimUserAsync(AppUser user, AccountId account, CancellationToken ct)
    {
        var names = _context.Names.PlacesOf(user);
        var place = names[0];
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var found = await _context.Keys.ReadAsync(place, ct);
            // Under a name that the issuer had before: this very account, or the one that the user has.
            if (found is null && names.Length > 1 && await _context.Names.FindAsync(names, ct) is { } former)
            {
                if (_context.Lookups.Open(former) == account) return null;
                if (!await ClearAbandonedAsync(_context.Lookups.Ids.KeyRow(_context.Lookups.Open(former)), ct))
                    return new ServiceFailure(ErrorCode.AccountExists);
            }

            if (found is not null && _context.Lookups.Open(found) is var other && other != account
                && !await ClearAbandonedAsync(_context.Lookups.Ids.KeyRow(other), ct))
                return new ServiceFailure(ErrorCode.AccountExists);
            // An own one is written again, so that no sweep takes it away meanwhile.
            var write = found is null
                ? _context.Lookups.Create(place, account) : _context.Lookups.Replace(found, account);
            switch (await _context.Keys.WriteAsync([write], ct))
            {
                case WriteResult.Written:
                    return null;
                case WriteResult.Unavailable(_, var reason):
                    return ServiceFailure.Of(reason);
            }
        }

        return new ServiceFailure(ErrorCode.Unavailable);
    }

    // Whether the place's holder is gone, or was a creation that died long ago: then its key row goes.
    private async ValueTask<bool> ClearAbandonedAsync(RowKey keyRowKey, CancellationToken ct)
    {
        using var view = await _context.Door.ReadAsync(keyRowKey, ct);
        if (view.KeyRow is not { } row) return true;
        if (view.Standing != AccountStanding.Unknown || !_context.Now.HasReached(row.Since + PendingSeconds))
            return false;
        return await _context.Keys.WriteAsync([new RowWrite.Delete(view.KeyStored!)], ct) is WriteResult.Written;
    }

    // What a creation that lost has claimed. Its key row goes first: nobody comes to write what hangs on it any more.
    private async ValueTask LetGoAsync(AppUser user, AccountId account, CancellationToken ct)
    {
        // As it stands before the key row goes: whoever begins anew behind that writes it again, and keeps it.
        var listed = await _context.AppAccounts.FindAsync(user.App, account, ct);
        using var view = await _context.Door.ReadAsync(account, ct);
        // An earlier try of the same came further.
        if (view is not { Standing: AccountStanding.Unknown, KeyStored: { } pending }) return;
        if (await _context.Keys.WriteAsync([new RowWrite.Delete(pending)], ct) is not WriteResult.Written) return;
        if (listed is not null) await _context.Keys.WriteAsync([new RowWrite.Delete(listed)], ct);
        await LetGoOfAsync(user, account, ErrorCode.AccountExists, ct);
    }

    private async ValueTask<Outcome<Heads>> WriteAsync(
        AppUser user, CommitBundle bundle, IReadOnlyDictionary<Hash256, ReadOnlyMemory<byte>> inline, ChainHead head,
        AccountRows rows, string network, CancellationToken ct)
    {
        var first = FirstState(user, bundle, head, _context.Now);
        var change = new AccountChange
        {
            Event = AuditEvent.Created,
            Network = network,
            Signer = bundle.Link!.Link.Signer,
            KeyRowKey = _context.Lookups.Ids.KeyRow(head.Account),
            By = ChangeAuthor.Of(first.Authorities[bundle.Link!.Link.Signer], _context.Now),
            Next = first,
            Links = [bundle.Link!],
            Keysets = [bundle.Keyset!],
            Manifest = bundle.Manifest,
            Changes = ItemRules.Changes(null, bundle.Manifest.Manifest),
            Inline = inline,
        };
        var writer = new AccountWriter(_context, rows);
        // An earlier try may have come this far, and its links were taken in another hour.
        var isThere = await _context.Data.ReadAsync(rows.Account, ct) is not null;
        switch (isThere ? new WriteStep.Again() : await writer.WriteAsync(change, ct))
        {
            case WriteStep.Committed(var state):
                _context.Usage.Add(user.App, 0, state.StoredBytes);
                return state.Heads;
            case WriteStep.Failed(var failure):
                // The user's place must not stay taken by what can never come to be.
                if (failure.Code is not (ErrorCode.Unavailable or ErrorCode.StorageFull))
                    await LetGoAsync(user, head.Account, ct);
                return failure;
        }

        // The same beginning again is the same account, however far it has come; another one is another account.
        if (await _context.Data.FindAsync(rows, rows.Account, ct) is not { } stored)
            return new ServiceFailure(ErrorCode.Unavailable);
        var there = AccountRow.Decode(stored);
        // Two users have shown one beginning, and the other one was faster.
        if (!await AccountOwners.IsOwnerAsync(_context, there, user, ct))
        {
            if (there.User.App != user.App) await _context.AppAccounts.RemoveAsync(user.App, head.Account, ct);
            return await LetGoOfAsync(user, head.Account, ErrorCode.AccountExists, ct);
        }

        if (!await new ChainLinkReader(_context.Data, rows, there).ContainsAsync(head.Place, ct))
            return new ServiceFailure(ErrorCode.AccountExists);
        return await writer.FinishAsync(change, there, change.Slots, ct) switch
        {
            WriteStep.Failed(var late) => late,
            _ => there.Heads,
        };
    }

    // The user's place, and why it was not to be had.
    private async ValueTask<ServiceFailure> LetGoOfAsync(
        AppUser user, AccountId account, ErrorCode why, CancellationToken ct)
    {
        if (await _context.Keys.ReadAsync(_context.Lookups.Ids.Subject(user), ct) is { } lookup
            && _context.Lookups.Open(lookup) == account)
            await _context.Keys.WriteAsync([new RowWrite.Delete(lookup)], ct);
        return new ServiceFailure(why);
    }

    // Who stands in link 0 is trusted at once: there is nobody older to be locked out.
    private static AccountState FirstState(AppUser user, CommitBundle bundle, ChainHead head, Moment now)
    {
        var authorities = head.Active.ToImmutableSortedDictionary(
            a => a.Key, a => AccountAuthority.Of(a.Value, now.Earliest));
        return new AccountState
        {
            Account = head.Account,
            User = user,
            Chain = head.Place,
            LinkChunk = default,
            ChainBytes = bundle.Link!.Bytes.Length,
            Path = head.Path,
            EpochCommit = head.EpochCommit,
            Keysets = head.Keysets,
            ManifestVersion = 1,
            ManifestHash = bundle.Manifest.Hash,
            Authorities = authorities,
            Used = head.Used,
            Counts = default(DayCounts).At(now) with {
                Links = 1, Additions = head.Active.Count, Commits = 1,
            },
        };
    }
}
