using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// Gives an account another user of its app: a subject that was renamed, an issuer with a new name. Write order: the
/// new lookup; what the realm keeps for the user; the account row's user, which is the commit point, with the leaf; the
/// key row, as it is; the old lookups. Cut anywhere, the same again finishes it, and until the commit point the account
/// is the old user's (docs/storage.md §3).
/// </summary>
public sealed class AccountMover
{
    private const int Attempts = 8;

    private readonly ServiceContext _context;
    private readonly ActivityWriter _activity;

    internal AccountMover(ServiceContext context) =>
        (_context, _activity) = (context, new ActivityWriter(context));

    /// <summary>Moves one account. A user who has another account keeps it, and nothing is moved.</summary>
    /// <param name="account">Which.</param>
    /// <param name="app">Its app: an account of another one is none.</param>
    /// <param name="issuer">The name of the issuer from now on; one that the app has.</param>
    /// <param name="subject">The subject from now on, 1–256 bytes of UTF-8; null for the one that it has.</param>
    /// <param name="ct">Cancels what was not yet written.</param>
    /// <returns>Whether it was another user's; false where it is that user's already.</returns>
    public ValueTask<Outcome<bool>> MoveAsync(
        AccountId account, string app, string issuer, string? subject, CancellationToken ct) =>
        MoveAsync(account, new MoveOrder(app, issuer, subject), ct);

    /// <summary>As the other overload; a dry run answers what a move would, and writes nothing.</summary>
    internal async ValueTask<Outcome<bool>> MoveAsync(AccountId account, MoveOrder order, CancellationToken ct)
    {
        using var turn = await _context.Turns.TakeAsync(account, ct);
        var isMoved = false;
        ImmutableArray<RowKey> names = [];
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            using var view = await _context.Door.ReadAsync(account, ct);
            if (view.Standing == AccountStanding.Erased && !names.IsEmpty)
                return await LetGoAsync(view.KeyRowKey, names, account, ct);
            // Where the row is there it is moved, also one of an older day: whoever repairs it keeps its user.
            if (view.State is not { } state || view.Standing is AccountStanding.Unknown)
                return AccountDoor.FailureOf(view) ?? new ServiceFailure(ErrorCode.NotFound);
            if (state.User.App != order.App) return new ServiceFailure(ErrorCode.NotFound);
            // Whose it was is lost with the data, and nobody could find the old lookup.
            if (state.User.Issuer == AppUser.Unknown)
                return new ServiceFailure(ErrorCode.Conflict) { Field = "subject" };
            var from = state.User;
            var to = new AppUser(order.App, order.Issuer, order.Subject ?? from.Subject);
            // An old lookup may outlive a move that was cut short: the account is no longer that user's.
            if (order.Whose is { } whose && from != to && !_context.Names.AreOne(whose, from))
                return new ServiceFailure(ErrorCode.NotFound);
            if (order.IsDry) return await TryAsync(view.KeyRowKey, account, from, to, ct);
            if (await ClaimAsync(to, account, ct) is { } taken) return taken;
            // Claimed, then looked: an erasure that came meanwhile has not seen the claim.
            names = [.. names.Union(_context.Names.PlacesOf(from)).Union(_context.Names.PlacesOf(to))];
            var places = names.Remove(_context.Lookups.Ids.Subject(to));
            var failure = await IsErasedAsync(view.KeyRowKey, ct) ? new ServiceFailure(ErrorCode.Erased)
                : await RealmUsers.MoveAsync(
                    _context.Keys, places, _context.Lookups.Ids.Subject(to), isDry: false, ct);
            // One that was planned before it was this user's is refused by the key row, and is planned anew.
            if (failure is null && from == to) failure = await _context.KeyRows.TouchAsync(view.KeyRowKey, ct);
            if (failure is { Code: ErrorCode.Erased }) return await LetGoAsync(view.KeyRowKey, names, account, ct);
            if (failure is not null) return failure;
            if (from == to)
            {
                // Nothing of the realm's: by now whoever had the name before may have begun anew.
                if (order.Whose is { } before) places = [.. places.Union(_context.Names.PlacesOf(before))];
                places = places.Remove(_context.Lookups.Ids.Subject(to));
                return await RemoveAsync(places, account, ct) is { } left ? left : isMoved;
            }

            try
            {
                // Read anew: whether it was this very user's still, the row alone knows.
                isMoved |= await _activity.ChangeAsync(
                    view.Rows, now => now.User == from ? (now with { User = to }, Detail(now)) : null, ct);
            }
            catch (AccountErasedException)
            {
                return await LetGoAsync(view.KeyRowKey, names, account, ct);
            }
        }

        return new ServiceFailure(ErrorCode.Unavailable);
    }

    private async ValueTask<Outcome<bool>> TryAsync(
        RowKey keyRow, AccountId account, AppUser from, AppUser to, CancellationToken ct)
    {
        foreach (var place in _context.Names.PlacesOf(to))
            if (await _context.Keys.ReadAsync(place, ct) is { } lookup && await IsTakenAsync(lookup, account, ct))
                return Taken();
        if (await IsErasedAsync(keyRow, ct)) return new ServiceFailure(ErrorCode.Erased);
        var own = _context.Lookups.Ids.Subject(to);
        var places = _context.Names.PlacesOf(from).Union(_context.Names.PlacesOf(to)).Where(p => p != own);
        return await RealmUsers.MoveAsync(_context.Keys, [.. places], own, isDry: true, ct) is { } failure
            ? failure : from != to;
    }

    private async ValueTask<bool> IsTakenAsync(Row lookup, AccountId account, CancellationToken ct) =>
        _context.Lookups.Open(lookup) is var other && other != account && await IsThereAsync(other, ct);

    private static ServiceFailure Taken() => new(ErrorCode.AccountExists) { Field = "subject" };

    // An erasure has come, which was planned under one of the names: what stands under the others goes with it, and a
    // lookup last, since behind it the user may begin anew.
    private async ValueTask<ServiceFailure> LetGoAsync(
        RowKey keyRow, ImmutableArray<RowKey> names, AccountId account, CancellationToken ct)
    {
        var mine = new List<RowKey>();
        foreach (var name in names)
            if (await _context.Keys.ReadAsync(name, ct) is { } lookup && _context.Lookups.Open(lookup) == account)
                mine.Add(RowIds.RealmSubject(name));
        var writes = await RealmErasure.PlanAsync(_context.Keys, keyRow, mine, [], ct);
        if (await _context.Keys.WriteAsync(writes, ct) is WriteResult.Unavailable(_, var reason))
            return ServiceFailure.Of(reason);
        foreach (var subject in mine)
            if (await RealmErasure.PlanReopeningAsync(_context.Keys, keyRow, subject, ct) is { } reopening
                && await _context.Keys.WriteAsync([reopening], ct) is WriteResult.Unavailable(_, var why))
                return ServiceFailure.Of(why);
        return await RemoveAsync(names, account, ct) ?? new ServiceFailure(ErrorCode.Erased);
    }

    // Written again where it is there, so that no sweep takes it away meanwhile.
    private async ValueTask<ServiceFailure?> ClaimAsync(AppUser to, AccountId account, CancellationToken ct)
    {
        var own = _context.Lookups.Ids.Subject(to);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            Row? found = null;
            foreach (var place in _context.Names.PlacesOf(to))
            {
                if (await _context.Keys.ReadAsync(place, ct) is not { } lookup) continue;
                if (place == own) found = lookup;
                if (await IsTakenAsync(lookup, account, ct)) return Taken();
            }

            var write = found is null
                ? _context.Lookups.Create(own, account) : _context.Lookups.Replace(found, account);
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

    private async ValueTask<bool> IsThereAsync(AccountId account, CancellationToken ct) =>
        await _context.Keys.ReadAsync(_context.Lookups.Ids.KeyRow(account), ct) is { } row
            && KeyRow.Decode(row.Value).State != KeyRowState.Erased;

    private async ValueTask<bool> IsErasedAsync(RowKey keyRow, CancellationToken ct) =>
        await _context.Keys.ReadAsync(keyRow, ct) is not { } row
            || KeyRow.Decode(row.Value).State == KeyRowState.Erased;

    private async ValueTask<ServiceFailure?> RemoveAsync(
        ImmutableArray<RowKey> places, AccountId account, CancellationToken ct)
    {
        foreach (var place in places)
        {
            if (await _context.Keys.ReadAsync(place, ct) is not { } lookup
                || _context.Lookups.Open(lookup) != account) continue;
            if (await _context.Keys.WriteAsync([new RowWrite.Delete(lookup)], ct)
                is WriteResult.Unavailable(_, var reason)) return ServiceFailure.Of(reason);
        }

        return null;
    }

    private AuditDetail Detail(AccountState state) => new()
    {
        Account = state.Account,
        Time = _context.Now.Wall,
        Event = AuditEvent.Moved,
        Role = AuditRole.Operator,
        Network = "",
        Label = LeafLabel.Draw(_context.Random),
        Chain = state.Chain,
        Manifest = new ManifestPlace(state.ManifestVersion, state.ManifestHash),
        Policy = _context.Policy.Hash,
    };
}
