using System.Collections.Immutable;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Gate;

/// <summary>
/// Writes the key row behind the account row: the newest link, which only advances but for the way back, and before it
/// the claims of restores.
/// </summary>
internal sealed class KeyRowUpkeep(IKeyStore keys, RestoreLog restores, Func<Moment> now)
{
    private const int Attempts = 8;

    // How long nobody tries to note a use after that could not be written: reads go on where writes do not, and none
    // of them waits for it.
    private const ulong PauseSeconds = 5 * 60;

    private ulong _noUseBefore;

    /// <summary>Whether a key row has to follow its account row: the process died in between.</summary>
    public static bool IsDue(KeyRow row, AccountState state) =>
        row.State != KeyRowState.Live || row.Loss is not null || row.MinChain?.Place != state.Chain;

    /// <summary>
    /// Brings the key row up to the newest link and to the live state. Null when that is done. With <paramref
    /// name="touch"/> the row moves on in any case: an erasure that read the chain before must read it again.
    /// </summary>
    public async ValueTask<ServiceFailure?> AdvanceAsync(
        RowKey key, AccountState state, CancellationToken ct, bool touch = false)
    {
        var known = await restores.ReadAsync(ct);
        return await WriteAsync(key, row =>
        {
            // Somebody has gone further since this state was read.
            var isBehind = MinChain.IsBehind(row.MinChain, state);
            if (!touch && (isBehind || !IsDue(row, state))) return null;
            return row with
            {
                State = KeyRowState.Live,
                Loss = isBehind ? row.Loss : null,
                MinChain = isBehind || row.MinChain?.Place == state.Chain
                    ? row.MinChain : MinChain.Of(state, known.Keys?.Id, now()),
            };
        }, ct);
    }

    /// <summary>
    /// Notes the day on which the account is used, once a day, by the row as it was read. Whoever is refused has met
    /// somebody who wrote it; what is not noted is noted by the next use, and a clock that was set back takes no day
    /// away. Of an account that was warned each use is written at once, and again where somebody else has written: no
    /// other one may follow.
    /// </summary>
    public async ValueTask NoteUseAsync(AccountView view, CancellationToken ct)
    {
        var (row, at) = (view.KeyRow!, now());
        var isWarned = row.WarnedOn != 0;
        if (!isWarned && (row.UsedOn >= at.LatestDay || at.Steady < Volatile.Read(ref _noUseBefore))) return;
        switch (await keys.WriteAsync(
            [new RowWrite.Replace(view.KeyStored!, row.Used(at.LatestDay).Encode())], ct))
        {
            case WriteResult.Unavailable:
                Volatile.Write(ref _noUseBefore, at.Steady + PauseSeconds);
                break;
            case WriteResult.Refused when isWarned:
                await WriteAsync(
                    view.KeyRowKey, found => found.WarnedOn == 0 && found.UsedOn >= at.LatestDay
                        ? null : found.Used(at.LatestDay), ct);
                break;
        }
    }

    /// <summary>Has the key row tell claims; null when that is done.</summary>
    public ValueTask<ServiceFailure?> RememberAsync(
        RowKey key, ImmutableArray<ReadOnlyMemory<byte>> claims, CancellationToken ct) =>
        WriteAsync(key, row =>
        {
            var known = row.Claims.Select(c => Hash256.Of(c.Span)).ToHashSet();
            return claims.All(c => known.Contains(Hash256.Of(c.Span)))
                ? null : row with { Claims = Claims.Join(row.Claims, claims) };
        }, ct);

    /// <summary>Has whoever opens the account look for a held erasure, from before it is held; null when that is done.
    /// </summary>
    public ValueTask<ServiceFailure?> AnnounceAsync(RowKey key, CancellationToken ct) =>
        WriteAsync(key, row => row.MayBeHeld ? null : row with { MayBeHeld = true }, ct);

    /// <summary>
    /// Writes it again as it is: whoever has planned from what it was is refused, and sees what was claimed since. Null
    /// when that is done.
    /// </summary>
    public ValueTask<ServiceFailure?> TouchAsync(RowKey key, CancellationToken ct) =>
        WriteAsync(key, row => row, ct);

    /// <summary>Has restraints hold; null when they do.</summary>
    public ValueTask<ServiceFailure?> RestrainAsync(
        RowKey key, AccountRestraints restraints, CancellationToken ct) =>
        WriteAsync(key, row => row.Restraints == restraints ? null : row with { Restraints = restraints }, ct);

    private async ValueTask<ServiceFailure?> WriteAsync(RowKey key, Func<KeyRow, KeyRow?> next, CancellationToken ct)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await keys.ReadAsync(key, ct) is not { } stored) return new ServiceFailure(ErrorCode.Unavailable);
            var row = KeyRow.Decode(stored.Value);
            if (row.State == KeyRowState.Erased) return new ServiceFailure(ErrorCode.Erased);
            if (next(row) is not { } moved) return null;
            switch (await keys.WriteAsync([new RowWrite.Replace(stored, moved.Encode())], ct))
            {
                case WriteResult.Written:
                    return null;
                case WriteResult.Unavailable(_, var reason):
                    return ServiceFailure.Of(reason);
            }
        }

        return new ServiceFailure(ErrorCode.Unavailable);
    }
}
