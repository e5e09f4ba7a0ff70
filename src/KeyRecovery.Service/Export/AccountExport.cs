using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Export;

/// <summary>
/// Tells all that the service holds on an account (docs/protocol.md §22), for a device of it or for an operator of its
/// app. That it was told stands in the activity and in the log before the first part is given.
/// </summary>
public sealed class AccountExport
{
    private readonly ServiceContext _context;
    private readonly ErasureRows _erasures;
    private readonly ActivityWriter _activity;

    internal AccountExport(ServiceContext context, ErasureRows erasures) =>
        (_context, _erasures, _activity) = (context, erasures, new ActivityWriter(context));

    /// <summary>Begins an export for a device.</summary>
    /// <param name="account">Whose, and who asks.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>The parts, section by section; to be read while <paramref name="account"/> is open.</returns>
    /// <exception cref="StoreUnavailableException">It cannot be written down that it is told.</exception>
    public async ValueTask<Outcome<IAsyncEnumerable<ExportPart>>> ForDeviceAsync(
        OpenAccount account, CancellationToken ct)
    {
        // Whoever has the code alone recovers first, which the account's devices hear of.
        if (account.Actor.IsSlot) return ServiceFailure.Forbidden("keyid");
        return await BeginAsync(
            account.Rows, account.KeyRowKey, account.State.Account, AuditRole.Device, account.Actor.Id,
            account.Network, ct);
    }

    /// <summary>Whether an account that is there is of an app.</summary>
    public async ValueTask<bool> IsOfAsync(AccountId account, string app, CancellationToken ct)
    {
        using var view = await _context.Door.ReadAsync(account, ct);
        return view.State?.User.App == app;
    }

    /// <summary>Begins an export for an operator of the account's app.</summary>
    /// <param name="account">The account.</param>
    /// <param name="app">The operator's app: another app's account is not found.</param>
    /// <param name="network">From which network the operator asks.</param>
    /// <param name="give">Takes the parts while the account is open.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Why there is none; null where it was given.</returns>
    /// <exception cref="StoreUnavailableException">It cannot be written down that it is told.</exception>
    public async ValueTask<ServiceFailure?> ForOperatorAsync(
        AccountId account, string app, string network, Func<IAsyncEnumerable<ExportPart>, ValueTask> give,
        CancellationToken ct)
    {
        using var view = await _context.Door.ReadAsync(account, ct);
        // An account without data names no app: who would be told of it cannot be said.
        if (view.State?.User.App != app) return new ServiceFailure(ErrorCode.NotFound);
        var begun = await BeginAsync(view.Rows, view.KeyRowKey, account, AuditRole.Operator, null, network, ct);
        if (begun is Outcome<IAsyncEnumerable<ExportPart>>.Failed(var failure)) return failure;
        await give(((Outcome<IAsyncEnumerable<ExportPart>>.Done)begun).Value);
        return null;
    }

    private async ValueTask<Outcome<IAsyncEnumerable<ExportPart>>> BeginAsync(
        AccountRows rows, RowKey keyRowKey, AccountId account, AuditRole role, AuthorityId? actor, string network,
        CancellationToken ct)
    {
        AuditDetail Detail(AccountState state) => new()
        {
            Account = account,
            Time = _context.Now.Wall,
            Event = AuditEvent.Exported,
            Role = role,
            Actor = actor,
            Network = network,
            Label = LeafLabel.Draw(_context.Random),
            Chain = state.Chain,
            Manifest = new ManifestPlace(state.ManifestVersion, state.ManifestHash),
            Policy = _context.Policy.Hash,
        };

        // What nobody could see afterwards is not given.
        if (!await _activity.TellAsync(rows, Detail, ct)) return new ServiceFailure(ErrorCode.Unavailable);
        var stored = await _context.Data.ReadAsync(rows.Account, ct);
        var keyStored = await _context.Keys.ReadAsync(keyRowKey, ct);
        if (stored is null || keyStored is null) return new ServiceFailure(ErrorCode.Unavailable);
        var (state, key) = (AccountRow.Decode(rows.Open(stored)), KeyRow.Decode(keyStored.Value));
        return new Outcome<IAsyncEnumerable<ExportPart>>.Done(
            AllAsync(new ExportReader(_context, rows, state), key, keyRowKey, state, ct));
    }

    private async IAsyncEnumerable<ExportPart> AllAsync(
        ExportReader data, KeyRow key, RowKey keyRowKey, AccountState state,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        yield return ExportReader.Account(state, key);
        await foreach (var part in data.ReadAsync(ct)) yield return part;
        var keys = new ExportKeyReader(_context, _erasures, state, keyRowKey);
        await foreach (var part in keys.ReadAsync(ct)) yield return part;
        await foreach (var (table, rows) in data.CountAsync(ct)) yield return new ExportPart.Stored(table.Name, rows);
        foreach (var (table, rows) in keys.Counts) yield return new ExportPart.Stored(table.Name, rows);
        foreach (var part in ExportScope.Omissions) yield return part;
    }
}
