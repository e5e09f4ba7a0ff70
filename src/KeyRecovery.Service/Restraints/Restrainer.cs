using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Restraints;

/// <summary>
/// Carries out what operators have decided about an account. Three steps, each of which may be cut and done again: the
/// restraint row says what is wanted; the key row has it hold, or refuses it as the account is erased; the restraint
/// row says that it holds, and with that the log and the account's activity are told.
/// </summary>
public sealed class Restrainer
{
    private const int Attempts = 16;

    // How often each account's key row is held against what was decided: a process that froze between reading and
    // writing may have put back what was decided before.
    private static readonly TimeSpan LookAtAll = TimeSpan.FromHours(1);

    private readonly ServiceContext _context;
    private readonly RestraintRows _rows;
    private readonly ActivityWriter _activity;
    private ulong _nextLook;

    internal Restrainer(ServiceContext context, RestraintRows rows) =>
        (_context, _rows, _activity) = (context, rows, new ActivityWriter(context));

    /// <summary>Takes on what a crash cut short, and has activities tell what the log has by now.</summary>
    /// <returns>Whether something waits for the log: then another pass soon does it.</returns>
    /// <exception cref="StoreUnavailableException">A store cannot do its part.</exception>
    public async Task<bool> ResumeAsync(CancellationToken ct)
    {
        var looksAtAll = _context.Now.Earliest >= _nextLook;
        var awaitsLog = false;
        await foreach (var stored in _context.Keys.ScanAsync(Table.Restraints, ct))
        {
            try
            {
                if (_rows.Open(stored) is not { Account: not null } row || (row.IsSettled && !looksAtAll)) continue;
                awaitsLog |= await TakeOnAsync(RestraintRows.KeyRowOf(stored), ct);
            }
            catch (Exception one) when (one is RowDamagedException or AccountErasedException)
            {
                // Whoever checks the stores tells of it. It holds up nobody else's.
            }
        }

        if (looksAtAll) _nextLook = _context.Now.Earliest + (ulong)LookAtAll.TotalSeconds;
        return awaitsLog;
    }

    /// <summary>Has what is decided hold, and the log told; null when both are done.</summary>
    /// <exception cref="StoreUnavailableException">A store cannot answer a read.</exception>
    /// <exception cref="RowDamagedException">A row does not open.</exception>
    internal async ValueTask<ServiceFailure?> SettleAsync(RowKey keyRow, CancellationToken ct)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var (row, stored) = await _rows.ReadAsync(keyRow, ct);
            if (row is not { Account: { } account }) return null;
            if (await _context.KeyRows.RestrainAsync(keyRow, row.Wanted, ct) is { } failure)
                return failure.Code == ErrorCode.Erased ? await TooLateAsync(keyRow, row, stored!, ct) : failure;
            // Somebody may have decided anew before this was written: the last who writes the key row looks last.
            if ((await _rows.ReadAsync(keyRow, ct)).Stored?.Version != stored!.Version) continue;
            if (row.Told == row.Wanted) return null;
            if (await TellLogAsync(keyRow, account, row, stored, ct) is { } untold) return untold;
        }

        return new ServiceFailure(ErrorCode.Unavailable);
    }

    // One leaf a write; null also where somebody else was faster.
    private async ValueTask<ServiceFailure?> TellLogAsync(
        RowKey keyRow, AccountId account, RestraintRow row, Row stored, CancellationToken ct)
    {
        if (await _context.Keys.ReadAsync(keyRow, ct) is not { } key) return null;
        using var opened = await _context.SubjectKeys.OpenAsync(keyRow, KeyRow.Decode(key.Value), ct);
        var untold = row.Told ^ row.Wanted;
        var one = untold.HasFlag(AccountRestraints.Suspended) ? AccountRestraints.Suspended : AccountRestraints.Held;
        var what = (one, row.Wanted.HasFlag(one)) switch
        {
            (AccountRestraints.Suspended, true) => AuditEvent.Suspended,
            (AccountRestraints.Suspended, false) => AuditEvent.Resumed,
            (_, true) => AuditEvent.Held,
            _ => AuditEvent.Released,
        };
        var state = await TryFindAsync(opened, ct);
        var logged = LoggedChange.Of(
            new AuditDetail
            {
                Account = account,
                Time = _context.Now.Wall,
                Event = what,
                Role = AuditRole.Operator,
                Network = "",
                Label = LeafLabel.Draw(_context.Random),
                Chain = state?.Chain ?? new ChainPlace(0, default),
                Manifest = new ManifestPlace(state?.ManifestVersion ?? 0, state?.ManifestHash ?? default),
                Policy = _context.Policy.Hash,
            },
            opened, stored.Key, stored, _context.Random, new FeedOf(row.App, keyRow));
        var next = row with
        {
            Told = row.Told ^ one, Untold = [.. row.Untold.Add(logged.Entry).TakeLast(RestraintRow.MaxUntold)],
        };
        if (await _context.Keys.WriteAsync(_rows.Write(keyRow, next, stored, logged), ct)
            is WriteResult.Unavailable(_, var reason)) return ServiceFailure.Of(reason);
        _context.Log.Wake();
        return null;
    }

    // Past the point of no return: what was decided is none.
    private async ValueTask<ServiceFailure?> TooLateAsync(
        RowKey keyRow, RestraintRow row, Row stored, CancellationToken ct)
    {
        await _context.Keys.WriteAsync(_rows.Write(keyRow, row.Trace(), stored), ct);
        return new ServiceFailure(ErrorCode.Erased);
    }

    private async ValueTask<bool> TakeOnAsync(RowKey keyRow, CancellationToken ct)
    {
        if (await SettleAsync(keyRow, ct) is { } failure && failure.Code != ErrorCode.Erased)
            throw new StoreUnavailableException(StoreFault.Failed, "what operators have decided cannot be carried out");
        if (await _rows.ReadAsync(keyRow, ct) is not ({ Untold.IsEmpty: false } row, { } stored)) return false;
        if (!await _rows.IsLoggedAsync(stored, ct)) return true;
        if (await _context.Keys.ReadAsync(keyRow, ct) is not { } keyStored
            || KeyRow.Decode(keyStored.Value) is not { State: not KeyRowState.Erased } key) return false;
        using var opened = await _context.SubjectKeys.OpenAsync(keyRow, key, ct);
        if (await _activity.AddAsync(opened, row.Untold, ct))
            await _context.Keys.WriteAsync(_rows.Write(keyRow, row with { Untold = [] }, stored), ct);
        return false;
    }

    // An account whose data are lost is suspended and held as any other.
    private async ValueTask<AccountState?> TryFindAsync(AccountRows opened, CancellationToken ct)
    {
        try
        {
            return await _context.Data.FindAsync(opened, opened.Account, ct) is { } state
                ? AccountRow.Decode(state) : null;
        }
        catch (RowDamagedException)
        {
            return null;
        }
    }
}
