using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// Gives an account another user of its app: a subject that was renamed, an issuer with a new name. Write order: the
/// new lookup; what the realm keeps for the user; the account row's user, which is the commit point, with the leaf; the
/// old lookups. Cut anywhere, the same again finishes it, and until the commit point the account is the old user's.
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
    public async ValueTask<Outcome<bool>> MoveAsync(
        AccountId account, string app, string issuer, string? subject, CancellationToken ct)
    {
        using var turn = await _context.Turns.TakeAsync(account, ct);
        var isMoved = false;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            using var view = await _context.Door.ReadAsync(account, ct);
            // Where the row is there it is moved, also one of an older day: whoever repairs it keeps its user.
            if (view.State is not { } state || view.Standing is AccountStanding.Unknown)
                return AccountDoor.FailureOf(view) ?? new ServiceFailure(ErrorCode.NotFound);
            if (state.User.App != app) return new ServiceFailure(ErrorCode.NotFound);
            // Whose it was is lost with the data, and nobody could find the old lookup.
            if (state.User.Issuer == AppUser.Unknown)
                return new ServiceFailure(ErrorCode.Conflict) { Field = "subject" };
            var from = state.User;
            var to = new AppUser(app, issuer, subject ?? from.Subject);
            if (await ClaimAsync(to, account, ct) is { } taken) return taken;
            // Claimed, then looked: an erasure that came meanwhile has not seen the claim.
            if (await IsErasedAsync(view.KeyRowKey, ct))
            {
                await RemoveAsync([_context.Lookups.Ids.Subject(to)], account, ct);
                return new ServiceFailure(ErrorCode.Erased);
            }

            var places = _context.Names.PlacesOf(from).Union(_context.Names.PlacesOf(to))
                .Where(place => place != _context.Lookups.Ids.Subject(to)).ToImmutableArray();
            if (await RealmUsers.MoveAsync(_context.Keys, places, _context.Lookups.Ids.Subject(to), ct) is { } full)
                return full;
            if (from == to)
                return await RemoveAsync(places, account, ct) is { } left ? left : isMoved;
            // Read anew: whether it was this very user's still, the row alone knows.
            isMoved |= await _activity.ChangeAsync(
                view.Rows, now => now.User == from ? (now with { User = to }, Detail(now)) : null, ct);
        }

        return new ServiceFailure(ErrorCode.Unavailable);
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
                if (_context.Lookups.Open(lookup) is var other && other != account && await IsThereAsync(other, ct))
                    return new ServiceFailure(ErrorCode.AccountExists) { Field = "subject" };
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
