using KeyRecovery.Protocol.Linking;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Linking;

/// <summary>
/// The relay of a server that is one process, in memory. Tokens and bearers are hashed outside its lock, so that a
/// storm of wrong ones costs the others nothing.
/// </summary>
public sealed class LocalLinkRelay : ILinkRelay
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly LinkSessionTable _table = new();
    private readonly ServerClock _clock;
    private readonly ITimer _sweeps;
    private bool _draining;

    /// <summary>An empty relay.</summary>
    /// <param name="clock">Tells when sessions expire.</param>
    public LocalLinkRelay(ServerClock clock)
    {
        _clock = clock;
        _sweeps = clock.Timers.CreateTimer(_ => Sweep(), null, SweepInterval, SweepInterval);
    }

    /// <summary>Sessions that are kept.</summary>
    public int Count
    {
        get { lock (_gate) return _table.Count; }
    }

    /// <summary>Bytes of messages and envelopes that are kept.</summary>
    public long Bytes
    {
        get { lock (_gate) return _table.Bytes; }
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<TimeSpan>> OpenAsync(LinkOpening opening, CancellationToken ct) => new(Open(opening));

    /// <inheritdoc/>
    public ValueTask<Outcome<TimeSpan>> ClaimAsync(
        LinkSessionId id, ReadOnlyMemory<byte> joinToken, Hash256 bearerHash, string? network, CancellationToken ct) =>
        new(Claim(id, Hash256.Of(joinToken.Span), bearerHash, network));

    /// <inheritdoc/>
    public ValueTask<Outcome<(ReadOnlyMemory<byte> Envelope, TimeSpan Left)>> ReadNameplateAsync(
        string nameplate, CancellationToken ct) => new(ReadNameplate(nameplate));

    /// <inheritdoc/>
    public ValueTask<Outcome<LinkReceipt>> PutAsync(
        LinkSessionId id, ReadOnlyMemory<byte> bearer, LinkSide side, int sequence, ReadOnlyMemory<byte> message,
        CancellationToken ct) => new(Put(id, Hash256.Of(bearer.Span), side, sequence, message));

    /// <inheritdoc/>
    public async ValueTask<Outcome<LinkRead>> GetAsync(
        LinkSessionId id, ReadOnlyMemory<byte> bearer, LinkSide side, int sequence, TimeSpan wait, CancellationToken ct)
    {
        var hash = Hash256.Of(bearer.Span);
        var until = _clock.Steady + (wait < LinkRelayLimits.MaxWait ? wait : LinkRelayLimits.MaxWait);
        while (true)
        {
            Task changed;
            TimeSpan left;
            lock (_gate)
            {
                var now = _clock.Steady;
                if (_table.Find(id, now) is not { } entry) return NotFound;
                var outcome = entry.State.Get(hash, side, sequence, now);
                if (outcome is not Outcome<LinkRead>.Done(LinkRead.NoneYet) || now >= until) return outcome;
                if (_draining) return new ServiceFailure(ErrorCode.Unavailable);
                changed = entry.Changed;
                left = TimeSpan.FromTicks(Math.Min((until - now).Ticks, entry.State.Left(now).Ticks));
            }

            // Rounded up: a timer that fires a fraction early would make this turn idly.
            var rounded = TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds));
            await changed.WaitAsync(rounded, _clock.Timers, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ct.ThrowIfCancellationRequested();
        }
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<LinkReceipt>> EndAsync(
        LinkSessionId id, ReadOnlyMemory<byte> bearer, CancellationToken ct) =>
        new(End(id, Hash256.Of(bearer.Span)));

    /// <inheritdoc/>
    public ValueTask EndSessionsOfAsync(AccountId account, AuthorityId authority)
    {
        lock (_gate) _table.RemoveOf(account, authority);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask ForgetAsync(AccountId account, CancellationToken ct)
    {
        lock (_gate) _table.RemoveOf(account);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public void EndWaits()
    {
        lock (_gate)
        {
            _draining = true;
            _table.WakeAll();
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Dispose()
    {
        _sweeps.Dispose();
        lock (_gate) _table.Clear();
    }

    private Outcome<TimeSpan> Open(LinkOpening opening)
    {
        lock (_gate)
        {
            var now = _clock.Steady;
            if (_table.Find(opening.Id, now) is { } existing) return existing.State.Reopen(opening, now);
            if (_table.FindFault(opening, now) is { } failure) return failure;
            var session = LinkRelaySession.Open(opening, now);
            return _table.TryAdd(session) ? session.Left(now) : new ServiceFailure(ErrorCode.Unavailable);
        }
    }

    private Outcome<TimeSpan> Claim(LinkSessionId id, Hash256 token, Hash256 bearerHash, string? network)
    {
        lock (_gate)
        {
            var now = _clock.Steady;
            if (_table.Find(id, now) is not { } entry) return NotFound;
            var (next, outcome) = entry.State.Claim(token, bearerHash, network, now);
            _table.TryReplace(entry, next);
            return outcome;
        }
    }

    private Outcome<(ReadOnlyMemory<byte> Envelope, TimeSpan Left)> ReadNameplate(string nameplate)
    {
        lock (_gate)
        {
            var now = _clock.Steady;
            return _table.FindByNameplate(nameplate, now)?.State is { Nameplate: { } typed } state
                ? (typed.Envelope, state.Left(now))
                : NotFound;
        }
    }

    private Outcome<LinkReceipt> Put(
        LinkSessionId id, Hash256 hash, LinkSide side, int sequence, ReadOnlyMemory<byte> message)
    {
        lock (_gate)
        {
            var now = _clock.Steady;
            if (_table.Find(id, now) is not { } entry) return NotFound;
            var (next, outcome) = entry.State.Put(hash, side, sequence, message, now);
            return _table.TryReplace(entry, next) ? outcome : new ServiceFailure(ErrorCode.Unavailable);
        }
    }

    private Outcome<LinkReceipt> End(LinkSessionId id, Hash256 hash)
    {
        lock (_gate)
        {
            var now = _clock.Steady;
            if (_table.Find(id, now) is not { } entry) return NotFound;
            if (entry.State.CheckBearer(hash, now) is { } failure) return failure;
            _table.Remove(entry);
            return LinkReceipt.Done;
        }
    }

    private static ServiceFailure NotFound => new(ErrorCode.NotFound);

    private void Sweep()
    {
        lock (_gate) _table.RemoveExpired(_clock.Steady);
    }
}
