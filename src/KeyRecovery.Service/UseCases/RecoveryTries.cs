using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// Tells an account's devices, and the log, that somebody reads it with a recovery code or a passphrase: whoever found
/// the paper reads nothing unseen, by whatever route.
/// </summary>
public sealed class RecoveryTries
{
    // Whoever tries and tries again, on a bad network or with bad intent, fills no list.
    private const ulong SameTry = 600;

    // Nor does who comes from many networks: the account's row surely has so many of its newest entries.
    private const int MostTries = ActivityList.Moved;

    private readonly ServiceContext _context;
    private readonly ActivityWriter _activity;

    internal RecoveryTries(ServiceContext context) => (_context, _activity) = (context, new ActivityWriter(context));

    /// <summary>
    /// Tells it before anything is read, once in ten minutes for a slot and a network and eight times for an account;
    /// of devices nothing. One that was told before costs no read.
    /// </summary>
    /// <param name="account">What is read, by whom, from where.</param>
    /// <param name="ct">Cancels what was not yet written.</param>
    public async ValueTask TellAsync(OpenAccount account, CancellationToken ct)
    {
        if (!account.Actor.IsSlot || IsTold(account.State, account)) return;
        try
        {
            await _activity.TellAsync(
                account.Rows, state => IsTold(state, account) ? null : Detail(state, account), ct);
        }
        catch (Exception e) when (e is StoreUnavailableException or RowDamagedException or AccountErasedException)
        {
            // Nobody's recovery fails because it cannot be told.
        }
    }

    private bool IsTold(AccountState state, OpenAccount account)
    {
        var tries = state.Activity.Numbered()
            .Select(entry => AuditDetail.Decode(ActivityEntry.Decode(entry.Entry).Detail))
            .Where(told => told.Event == AuditEvent.RecoveryTried && told.Time + SameTry > _context.Now.Wall).ToList();
        return tries.Count >= MostTries
            || tries.Any(told => told.Actor == account.Actor.Id && told.Network == account.Network);
    }

    private AuditDetail Detail(AccountState state, OpenAccount account) => new()
    {
        Account = state.Account,
        Time = _context.Now.Wall,
        Event = AuditEvent.RecoveryTried,
        Role = AuditRole.Slot,
        Actor = account.Actor.Id,
        Network = account.Network,
        Label = LeafLabel.Draw(_context.Random),
        Chain = state.Chain,
        Manifest = new ManifestPlace(state.ManifestVersion, state.ManifestHash),
        Policy = _context.Policy.Hash,
    };
}
