using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Linking;

/// <summary>
/// Carries the messages of linking between two devices (docs/protocol.md §13.4), in memory, and keeps nothing after the
/// end. Thread-safe; tokens and bearers are hashed outside its lock, so that a storm of wrong ones costs the others
/// nothing. Full (<see cref="LinkRelayLimits"/>) it answers <see cref="ErrorCode.Unavailable"/>.
/// </summary>
public sealed class LinkRelay : ILinkSessions, IDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly LinkSessionTable _table = new();
    private readonly TimeProvider _time;
    private readonly ITimer _sweeps;
    private bool _draining;

    /// <summary>An empty relay.</summary>
    /// <param name="time">Tells when sessions expire.</param>
    public LinkRelay(TimeProvider time)
    {
        _time = time;
        _sweeps = time.CreateTimer(_ => Sweep(), null, SweepInterval, SweepInterval);
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

    /// <summary>Opens a session for a device. The same opening again gets the same answer.</summary>
    /// <returns>How long the session waits for its claim; or that its id or nameplate is taken, or a limit reached.</returns>
    public Outcome<TimeSpan> Open(LinkOpening opening)
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            if (_table.Find(opening.Id, now) is { } existing) return existing.State.Reopen(opening, now);
            if (_table.FindFault(opening, now) is { } failure) return failure;
            var session = LinkRelaySession.Open(opening, now);
            return _table.TryAdd(session) ? session.Left(now) : new ServiceFailure(ErrorCode.Unavailable);
        }
    }

    /// <summary>Claims a session for a new device; from then on its <paramref name="bearerHash"/> is the new side's.</summary>
    /// <param name="id">The session.</param>
    /// <param name="joinToken">The token of the code.</param>
    /// <param name="bearerHash">SHA-256 of the new device's bearer.</param>
    /// <param name="network">
    /// The caller's network, cut to /24 or /48, or null where there is none: told to the existing device, and forgotten
    /// with the session. Of a repeated claim the first one's stays.
    /// </param>
    public Outcome<TimeSpan> Claim(LinkSessionId id, ReadOnlySpan<byte> joinToken, Hash256 bearerHash, string? network)
    {
        var token = Hash256.Of(joinToken);
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            if (_table.Find(id, now) is not { } entry) return NotFound;
            var (next, outcome) = entry.State.Claim(token, bearerHash, network, now);
            _table.TryReplace(entry, next);
            return outcome;
        }
    }

    /// <summary>The envelope under a nameplate. Reading does not use it up; the claim does.</summary>
    public Outcome<(ReadOnlyMemory<byte> Envelope, TimeSpan Left)> ReadNameplate(string nameplate)
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            return _table.FindByNameplate(nameplate, now)?.State is { Nameplate: { } typed } state
                ? (typed.Envelope, state.Left(now))
                : NotFound;
        }
    }

    /// <summary>Appends a message to a side. The relay keeps the bytes as they are: the caller lets go of them.</summary>
    /// <param name="id">The session.</param>
    /// <param name="bearer">The side's bearer.</param>
    /// <param name="side">The side.</param>
    /// <param name="sequence">The side's next number, from 0; or an earlier one with the same bytes.</param>
    /// <param name="message">1 to 8,192 bytes.</param>
    public Outcome<LinkReceipt> Put(LinkSessionId id, ReadOnlySpan<byte> bearer, LinkSide side, int sequence, ReadOnlyMemory<byte> message)
    {
        var hash = Hash256.Of(bearer);
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            if (_table.Find(id, now) is not { } entry) return NotFound;
            var (next, outcome) = entry.State.Put(hash, side, sequence, message, now);
            return _table.TryReplace(entry, next) ? outcome : new ServiceFailure(ErrorCode.Unavailable);
        }
    }

    /// <summary>Reads a message, and waits for it where it is not there yet.</summary>
    /// <param name="id">The session.</param>
    /// <param name="bearer">Either side's bearer.</param>
    /// <param name="side">Whose message.</param>
    /// <param name="sequence">Its number, from 0.</param>
    /// <param name="wait">How long to wait; more than <see cref="LinkRelayLimits.MaxWait"/> is taken for that.</param>
    /// <param name="ct">Ends the waiting.</param>
    public async ValueTask<Outcome<LinkRead>> GetAsync(
        LinkSessionId id, ReadOnlyMemory<byte> bearer, LinkSide side, int sequence, TimeSpan wait, CancellationToken ct)
    {
        var hash = Hash256.Of(bearer.Span);
        var until = _time.GetUtcNow() + (wait < LinkRelayLimits.MaxWait ? wait : LinkRelayLimits.MaxWait);
        while (true)
        {
            Task changed;
            TimeSpan left;
            lock (_gate)
            {
                var now = _time.GetUtcNow();
                if (_table.Find(id, now) is not { } entry) return NotFound;
                var outcome = entry.State.Get(hash, side, sequence, now);
                if (outcome is not Outcome<LinkRead>.Done(LinkRead.NoneYet) || now >= until) return outcome;
                if (_draining) return new ServiceFailure(ErrorCode.Unavailable);
                changed = entry.Changed;
                left = TimeSpan.FromTicks(Math.Min((until - now).Ticks, entry.State.Left(now).Ticks));
            }

            // Rounded up: a timer that fires a fraction early would make this turn idly.
            var rounded = TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds));
            await changed.WaitAsync(rounded, _time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ct.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Ends a session, for either side; whoever waits learns it at once.</summary>
    public Outcome<LinkReceipt> End(LinkSessionId id, ReadOnlySpan<byte> bearer)
    {
        var hash = Hash256.Of(bearer);
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            if (_table.Find(id, now) is not { } entry) return NotFound;
            if (entry.State.CheckBearer(hash, now) is { } failure) return failure;
            _table.Remove(entry);
            return LinkReceipt.Done;
        }
    }

    /// <inheritdoc/>
    public void EndSessionsOf(AccountId account, AuthorityId authority)
    {
        lock (_gate) _table.RemoveOf(account, authority);
    }

    /// <summary>For the server's shutdown: whoever waits, or would, is told at once to come back later.</summary>
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

    private static ServiceFailure NotFound => new(ErrorCode.NotFound);

    private void Sweep()
    {
        lock (_gate) _table.RemoveExpired(_time.GetUtcNow());
    }
}
