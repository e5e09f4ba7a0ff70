using System.Collections.Immutable;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Service.Telemetry;

namespace KeyRecovery.Service.Rotation;

/// <summary>
/// Replaces the current KEK: draws the next, promotes it, moves every subject key and share, and destroys the old one,
/// so that no copy of the key store from before opens any more. Requests are served all the while. All that it knows
/// stands in the ring and in the rows: after a crash it goes on by itself.
/// </summary>
/// <remarks>
/// Why no row is missed that hangs on a KEK which is destroyed. Whoever has written something new looks at the
/// standings before it is acknowledged, and moves it on where its KEK is no longer current (<c>KekMove</c>): so what is
/// acknowledged hung on its KEK before that was retired, or hangs on a newer one. The passes begin when the KEK is
/// retired, on this instance with all its leases over. Whoever changes a row without wrapping, a guess for example,
/// carries the old wrap along, conditional on the row as it read it: once it was moved, its token is gone and the write
/// refused. So a row that a pass has seen moved stays moved, and a full pass that finds none has seen them all. Two
/// instances may run passes at once: of two moves of a row one is refused.
/// </remarks>
public sealed class KekRotation : IDisposable
{
    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim _running = new(1, 1);
    private readonly IKeyStore _keys;
    private readonly TableRegistry _tables;
    private readonly IKekRing _ring;
    private readonly IRandom _random;
    private readonly TimeProvider _time;

    internal KekRotation(IKeyStore keys, TableRegistry tables, IKekRing ring, IRandom random, TimeProvider time) =>
        (_keys, _tables, _ring, _random, _time) = (keys, tables, ring, random, time);

    /// <summary>Whether a rotation was begun and has not ended.</summary>
    public bool IsUnfinished => RotationStep.Of(_ring.Standings, begin: false) is not RotationStep.None;

    /// <summary>
    /// Finishes what is under way and then, where asked, replaces the KEK that was current. One at a time.
    /// </summary>
    /// <param name="begin">Whether to replace the KEK that is current now; false only finishes.</param>
    /// <param name="progress">Hears how far it is.</param>
    /// <param name="ct">Stops between two writes; nothing is lost by it.</param>
    public async Task<RotationOutcome> RunAsync(bool begin, IProgress<RotationProgress>? progress, CancellationToken ct)
    {
        await _running.WaitAsync(ct);
        try
        {
            return await new Run(this, progress).ToEndAsync(begin, ct);
        }
        finally
        {
            _running.Release();
        }
    }

    /// <summary>
    /// Keeps the ring as it is until the holder is disposed: a backup must hold each KEK that its rows hang on, and no
    /// destroyed one.
    /// </summary>
    internal async Task<IDisposable> HoldAsync(CancellationToken ct)
    {
        await _running.WaitAsync(ct);
        return new Turn(_running);
    }

    /// <inheritdoc/>
    public void Dispose() => _running.Dispose();

    private sealed class Turn(SemaphoreSlim running) : IDisposable
    {
        private SemaphoreSlim? _running = running;

        public void Dispose() => Interlocked.Exchange(ref _running, null)?.Release();
    }

    private sealed class Run(KekRotation rotation, IProgress<RotationProgress>? progress)
    {
        private readonly IKekRing _ring = rotation._ring;
        private readonly ImmutableArray<KekId>.Builder _destroyed = ImmutableArray.CreateBuilder<KekId>();
        private int _rewrapped;
        private int _lost;

        public async Task<RotationOutcome> ToEndAsync(bool begin, CancellationToken ct)
        {
            while (true)
            {
                if (await RefreshAsync(ct) is { } unseen) return unseen;
                switch (RotationStep.Of(_ring.Standings, begin))
                {
                    case RotationStep.AddNext:
                        Tell(RotationPhase.Adding);
                        if (await FindNewerAsync(ct) is { } isOlder) return isOlder;
                        if (await _ring.AddNextAsync(ct) is RingResult.Refused noNext)
                            return new RotationOutcome.Refused(noNext, _rewrapped);
                        break;
                    case RotationStep.Promote:
                        Tell(RotationPhase.Promoting);
                        if (await _ring.PromoteAsync(ct) is RingResult.Refused stays)
                            return new RotationOutcome.Refused(stays, _rewrapped);
                        // What was current when this run was asked for is on its way out.
                        begin = false;
                        break;
                    case RotationStep.Retire(var keks):
                        if (await RetireAsync(keks, ct) is { } stopped) return stopped;
                        break;
                    default:
                        return new RotationOutcome.Done(_destroyed.ToImmutable(), _rewrapped, _lost);
                }
            }
        }

        // What another instance has done meanwhile need not be done.
        private async Task<RotationOutcome?> RefreshAsync(CancellationToken ct)
        {
            try
            {
                await _ring.RefreshAsync(ct);
                return null;
            }
            catch (StoreUnavailableException e)
            {
                return new RotationOutcome.Unavailable(e.Reason, _rewrapped);
            }
        }

        // A ring that was put back from an older day would give an id away a second time, and what is wrapped under it
        // then would be lost with the right ring.
        private async Task<RotationOutcome?> FindNewerAsync(CancellationToken ct)
        {
            try
            {
                return await new RingAudit(rotation._keys, rotation._tables, _ring).CountNewerAsync(ct) is var found
                    and > 0 ? new RotationOutcome.Blocked(found, _rewrapped) : null;
            }
            catch (StoreUnavailableException e)
            {
                return new RotationOutcome.Unavailable(e.Reason, _rewrapped);
            }
        }

        private async Task<RotationOutcome?> RetireAsync(ImmutableArray<KekId> keks, CancellationToken ct)
        {
            Tell(RotationPhase.Draining);
            foreach (var kek in keks) await _ring.DrainAsync(kek, ct);

            for (var pass = 1; ; pass++)
            {
                var seen = await PassAsync(pass, ct);
                if (seen.Fault is { } reason) return new RotationOutcome.Unavailable(reason, _rewrapped);
                _lost = seen.Pass.Lost;
                if (seen.Pass.Unreadable > 0) return new RotationOutcome.Blocked(seen.Pass.Unreadable, _rewrapped);
                if (seen.Pass.Found == 0) break;
            }

            foreach (var kek in keks)
            {
                Tell(RotationPhase.Destroying);
                if (await _ring.DestroyAsync(kek, ct) is RingResult.Refused refused)
                    return new RotationOutcome.Refused(refused, _rewrapped);
                _destroyed.Add(kek);
            }

            return null;
        }

        private async Task<(RewrapPass Pass, StoreFault? Fault)> PassAsync(int number, CancellationToken ct)
        {
            Tell(RotationPhase.Rewrapping, number);
            while (true)
            {
                var pass = new RewrapPass(rotation._keys, rotation._tables, _ring, rotation._random, moved =>
                {
                    _rewrapped += moved;
                    ServiceMeter.Rewrap(moved);
                    Tell(RotationPhase.Rewrapping, number);
                });
                try
                {
                    await pass.RunAsync(ct);
                    return (pass, null);
                }
                catch (StoreUnavailableException e) when (e.Reason == StoreFault.Busy)
                {
                    // Requests go first. What was moved is moved; the pass begins anew when there is room.
                    await Task.Delay(BusyPause, rotation._time, ct);
                }
                catch (StoreUnavailableException e)
                {
                    return (pass, e.Reason);
                }
            }
        }

        private void Tell(RotationPhase phase, int pass = 0) =>
            progress?.Report(new RotationProgress(phase, pass, _rewrapped));
    }
}
