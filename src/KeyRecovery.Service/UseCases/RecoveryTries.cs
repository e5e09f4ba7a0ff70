using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// Tells an account's devices, and the log, that somebody has read the vault with a recovery code or a passphrase.
/// </summary>
internal sealed class RecoveryTries(ServiceContext context)
{
    // Whoever tries and tries again, on a bad network or with bad intent, fills no list.
    private const ulong SameTry = 600;

    private readonly ActivityWriter _activity = new(context);

    /// <summary>Tells it, once in ten minutes for a slot and a network.</summary>
    public async ValueTask TellAsync(OpenAccount account, CancellationToken ct)
    {
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

    private bool IsTold(AccountState state, OpenAccount account) => state.Activity.Numbered()
        .Select(entry => AuditDetail.Decode(ActivityEntry.Decode(entry.Entry).Detail))
        .Any(told => told.Event == AuditEvent.RecoveryTried && told.Actor == account.Actor.Id
            && told.Network == account.Network && told.Time + SameTry > context.Now.Wall);

    private AuditDetail Detail(AccountState state, OpenAccount account) => new()
    {
        Account = state.Account,
        Time = context.Now.Wall,
        Event = AuditEvent.RecoveryTried,
        Role = AuditRole.Slot,
        Actor = account.Actor.Id,
        Network = account.Network,
        Label = LeafLabel.Draw(context.Random),
        Chain = state.Chain,
        Manifest = new ManifestPlace(state.ManifestVersion, state.ManifestHash),
        Policy = context.Policy.Hash,
    };
}
