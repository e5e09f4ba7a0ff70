using System.Text;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Maintenance;

/// <summary>
/// The leases of several instances over one store (docs/storage.md §9): a row a duty, written anew every 10 s while
/// its holder works, and taken over by whoever has seen it unchanged for 45 s of a steady clock of its own. No clock
/// of another machine and no wall clock decides.
/// </summary>
/// <remarks>
/// A holder keeps its lease between two passes without writing, so that a busy duty costs one write in 10 s and an
/// idle one nothing; disposal gives up what is held, and the next instance has it at once.
/// </remarks>
/// <param name="keys">The key store.</param>
/// <param name="random">Draws who this process is.</param>
/// <param name="time">The steady clock and the pauses.</param>
public sealed class StoreLeases(IKeyStore keys, IRandom random, TimeProvider time) : ILeases, IAsyncDisposable
{
    /// <summary>How often a holder that works writes its row: 10 s.</summary>
    public static readonly TimeSpan Renewal = TimeSpan.FromSeconds(10);

    /// <summary>How long a row stays as it is before another takes it over: 45 s.</summary>
    public static readonly TimeSpan Expiry = TimeSpan.FromSeconds(45);

    // Between two tries to renew where the store gave no answer.
    private static readonly TimeSpan MinPause = TimeSpan.FromSeconds(1);

    private readonly byte[] _me = Draw(random);
    private readonly LocalLeases _local = new();
    private readonly Dictionary<Duty, DutyLease> _duties =
        Enum.GetValues<Duty>().ToDictionary(duty => duty, duty => new DutyLease(PlaceOf(duty)));

    /// <inheritdoc/>
    /// <remarks>A store that cannot answer lets nobody begin: false.</remarks>
    public async ValueTask<bool> TryRunAsync(Duty duty, Func<CancellationToken, Task> pass, CancellationToken ct)
    {
        var isDone = false;
        // Of this process one at a time; so nothing below is used by two.
        var isMine = await _local.TryRunAsync(
            duty, async token => isDone = await RunAsync(_duties[duty], pass, token).ConfigureAwait(false), ct)
            .ConfigureAwait(false);
        return isMine && isDone;
    }

    /// <summary>Gives up what is held. What cannot be given up is taken over after <see cref="Expiry"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var duty in _duties.Keys)
        {
            await _local.TryRunAsync(
                duty, _ => GiveUpAsync(_duties[duty]), CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Where a duty's row is.</summary>
    internal static RowKey PlaceOf(Duty duty) =>
        new(Table.Leases, Encoding.ASCII.GetBytes(duty.ToString().ToLowerInvariant()));

    private static byte[] Draw(IRandom random)
    {
        var holder = new byte[LeaseRow.HolderSize];
        random.Fill(holder);
        return holder;
    }

    private async Task<bool> RunAsync(DutyLease duty, Func<CancellationToken, Task> pass, CancellationToken ct)
    {
        if (!await TryTakeAsync(duty, ct).ConfigureAwait(false)) return false;
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var renewals = RenewAsync(duty, lost, done.Token);
        try
        {
            await pass(lost.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (lost.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            return false;
        }
        catch
        {
            // Somebody else may do better, or this process ends.
            await StopAsync(done, renewals).ConfigureAwait(false);
            await GiveUpAsync(duty).ConfigureAwait(false);
            throw;
        }
        finally
        {
            await StopAsync(done, renewals).ConfigureAwait(false);
        }

        return !lost.IsCancellationRequested;
    }

    private static async Task StopAsync(CancellationTokenSource done, Task renewals)
    {
        await done.CancelAsync().ConfigureAwait(false);
        await renewals.ConfigureAwait(false);
    }

    // Held already and written lately; or written now.
    private async ValueTask<bool> TryTakeAsync(DutyLease duty, CancellationToken ct)
    {
        if (duty.WrittenAt is { } at && time.GetElapsedTime(at) < Renewal) return true;
        return await WriteAsync(duty, _me, ct).ConfigureAwait(false) == Writing.Done;
    }

    private async Task RenewAsync(DutyLease duty, CancellationTokenSource lost, CancellationToken done)
    {
        while (true)
        {
            var pause = Renewal - time.GetElapsedTime(duty.WrittenAt ?? 0);
            await Task.Delay(pause > MinPause ? pause : MinPause, time, done)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (done.IsCancellationRequested) return;
            var writing = await WriteAsync(duty, _me, CancellationToken.None).ConfigureAwait(false);
            // Where the store says nothing for so long, others may have taken it over.
            var isLost = writing == Writing.Taken
                || (writing == Writing.Unknown && time.GetElapsedTime(duty.WrittenAt ?? 0) >= Expiry);
            if (!isLost) continue;
            duty.WrittenAt = null;
            await lost.CancelAsync().ConfigureAwait(false);
            return;
        }
    }

    private async Task GiveUpAsync(DutyLease duty)
    {
        if (duty.WrittenAt is null) return;
        await WriteAsync(duty, ReadOnlyMemory<byte>.Empty, CancellationToken.None).ConfigureAwait(false);
        duty.WrittenAt = null;
    }

    // Writes the row where it is this process's, free, or has stood unchanged for too long.
    private async ValueTask<Writing> WriteAsync(DutyLease duty, ReadOnlyMemory<byte> holder, CancellationToken ct)
    {
        try
        {
            var began = time.GetTimestamp();
            var stored = await keys.ReadAsync(duty.Place, ct).ConfigureAwait(false);
            var row = LeaseRow.Of(stored);
            if (!row.IsOf(_me) && !row.IsFree && !HasStood(duty, row)) return Writing.Taken;
            if (holder.IsEmpty && !row.IsOf(_me)) return Writing.Taken;
            var next = row with { Holder = holder, Number = row.Number + 1 };
            RowWrite write = stored is null
                ? new RowWrite.Create(duty.Place, next.Encode()) : new RowWrite.Replace(stored, next.Encode());
            switch (await keys.WriteAsync([write], ct).ConfigureAwait(false))
            {
                case WriteResult.Written:
                    // From before it was written, so that this process never believes longer than others wait.
                    duty.WrittenAt = began;
                    return Writing.Done;
                default:
                    // It may be written, now or by a try before, of which the answer was lost: the next look tells.
                    return Writing.Unknown;
            }
        }
        catch (StoreUnavailableException)
        {
            return Writing.Unknown;
        }
    }

    // Whether another's row has been the same for as long as this process has looked.
    private bool HasStood(DutyLease duty, LeaseRow row)
    {
        if (duty.Seen is { } seen && seen.Row.Number == row.Number && seen.Row.IsOf(row.Holder))
            return time.GetElapsedTime(seen.At) >= Expiry;
        duty.Seen = (row, time.GetTimestamp());
        return false;
    }

    private enum Writing
    {
        Done,
        Taken,
        Unknown,
    }

    // What this process knows of a duty.
    private sealed class DutyLease(RowKey place)
    {
        public RowKey Place { get; } = place;

        // When this process last began to write it as its holder; null where it is not.
        public long? WrittenAt { get; set; }

        // Another's, and since when it has been seen so.
        public (LeaseRow Row, long At)? Seen { get; set; }
    }
}
