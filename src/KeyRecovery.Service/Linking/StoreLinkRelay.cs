using KeyRecovery.Protocol.Linking;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Linking;

/// <summary>
/// The relay of a server of several instances: sessions are rows of the data store (docs/storage.md §9), so both
/// devices may come to any of them, and one that dies takes no session along. Whoever waits looks every 150 ms for 2 s,
/// then every 500 ms, and after 10 s every second; what this very instance writes wakes at once. Where a store cannot
/// answer, calls throw <see cref="StoreUnavailableException"/>, and the same again may be asked of any instance.
/// </summary>
public sealed class StoreLinkRelay : ILinkRelay
{
    private const int Attempts = 32;

    private static readonly TimeSpan Rounding = TimeSpan.FromMilliseconds(1);

    private readonly ServerClock _clock;
    private readonly LinkRows _rows;
    private readonly LinkPlaces _places;
    private readonly LinkOpener _opener;
    private readonly LinkWakes _wakes = new();
    private volatile bool _draining;

    /// <summary>A relay over what is in the stores.</summary>
    /// <param name="data">The data store.</param>
    /// <param name="keys">The key store, in which an account's end stands.</param>
    /// <param name="lookupKey">The server's, of which rows' places and seals are derived; 32 bytes.</param>
    /// <param name="random">Draws nonces.</param>
    /// <param name="clock">Tells when sessions expire: by the wall clock, which instances share within seconds.</param>
    public StoreLinkRelay(
        IDataStore data, IKeyStore keys, ReadOnlyMemory<byte> lookupKey, IRandom random, ServerClock clock)
    {
        _clock = clock;
        _rows = new LinkRows(data, lookupKey, random);
        _places = new LinkPlaces(_rows);
        _opener = new LinkOpener(_rows, _places, keys, clock);
    }

    private static ServiceFailure NotFound => new(ErrorCode.NotFound);

    /// <inheritdoc/>
    public ValueTask<Outcome<TimeSpan>> OpenAsync(LinkOpening opening, CancellationToken ct) =>
        _opener.OpenAsync(opening, ct);

    /// <inheritdoc/>
    public async ValueTask<Outcome<TimeSpan>> ClaimAsync(
        LinkSessionId id, ReadOnlyMemory<byte> joinToken, Hash256 bearerHash, string? network, CancellationToken ct)
    {
        var token = Hash256.Of(joinToken.Span);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await _rows.FindAsync(id, ct).ConfigureAwait(false) is not var (stored, session)) return NotFound;
            var (next, outcome) = session.Claim(token, bearerHash, network, _clock.Shared);
            if (ReferenceEquals(next, session)) return outcome;
            if (!await _rows.TryAsync(_rows.Write(stored.Key, stored, next.Encode()), ct).ConfigureAwait(false))
                continue;
            _wakes.Wake(id);
            // What the claim has used up, and all but hashes of a contested session.
            if (next.IsContested) await _rows.ClearAsync(stored.Key, session.Opening, ct).ConfigureAwait(false);
            else if (session.Opening.Typed is { } typed)
                await _rows.ReleaseNameAsync(typed.Name, id, ct).ConfigureAwait(false);
            return outcome;
        }

        return new ServiceFailure(ErrorCode.Unavailable);
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<(ReadOnlyMemory<byte> Envelope, TimeSpan Left)>> ReadNameplateAsync(
        string nameplate, CancellationToken ct)
    {
        var now = _clock.Shared;
        if (await _rows.Data.ReadAsync(_rows.Ids.LinkName(nameplate), ct).ConfigureAwait(false) is not { } row)
            return NotFound;
        var name = LinkNameRow.Decode(_rows.Open(row));
        return await _rows.FindAsync(name.Session, ct).ConfigureAwait(false) is var (_, session)
            && session.Nameplate is { } typed && typed.Name == nameplate && !session.IsOver(now)
                ? (typed.Envelope, session.Left(now))
                : NotFound;
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<LinkReceipt>> PutAsync(
        LinkSessionId id, ReadOnlyMemory<byte> bearer, LinkSide side, int sequence, ReadOnlyMemory<byte> message,
        CancellationToken ct)
    {
        var (key, hash) = (_rows.Ids.LinkSession(id), Hash256.Of(bearer.Span));
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await CheckAsync(key, s => s.CheckPut(hash, side, sequence, message, _clock.Shared), ct)
                .ConfigureAwait(false) is { } failure) return failure;
            if (sequence > LinkRelayLimits.MessagesPerSide) return LinkRelaySession.NotTheNext;
            if (sequence > 0 && await _rows.Data.HeadAsync(LinkRows.MessageOf(key, side, sequence - 1), ct)
                .ConfigureAwait(false) is null) return LinkRelaySession.NotTheNext;
            if (sequence == LinkRelayLimits.MessagesPerSide) return LinkRelaySession.SideIsFull;

            var place = LinkRows.MessageOf(key, side, sequence);
            if (await _rows.TryAsync(_rows.Write(place, null, message.Span), ct).ConfigureAwait(false))
                return await AppendedAsync(id, place, s => s.CheckPut(hash, side, sequence, message, _clock.Shared), ct)
                    .ConfigureAwait(false);
            // One that is gone again went with its session.
            if (await _rows.Data.ReadAsync(place, ct).ConfigureAwait(false) is { } there)
                return LinkRelaySession.Again(_rows.Open(there), message);
        }

        return new ServiceFailure(ErrorCode.Unavailable);
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<LinkRead>> GetAsync(
        LinkSessionId id, ReadOnlyMemory<byte> bearer, LinkSide side, int sequence, TimeSpan wait, CancellationToken ct)
    {
        var (key, hash) = (_rows.Ids.LinkSession(id), Hash256.Of(bearer.Span));
        if (wait <= TimeSpan.Zero) return await LookAsync(key, hash, side, sequence, ct).ConfigureAwait(false);
        using var watch = _wakes.Watch(id);
        var began = _clock.Steady;
        var until = began + (wait < LinkRelayLimits.MaxWait ? wait : LinkRelayLimits.MaxWait);
        while (true)
        {
            // Both before the look: what comes while it looks ends this pause, and none is begun too late.
            var changed = watch.Changed;
            var pause = Task.Delay(Pause(_clock.Steady - began, until - _clock.Steady), _clock.Timers, ct);
            var outcome = await LookAsync(key, hash, side, sequence, ct).ConfigureAwait(false);
            if (outcome is not Outcome<LinkRead>.Done(LinkRead.NoneYet) || _clock.Steady >= until) return outcome;
            if (_draining) return new ServiceFailure(ErrorCode.Unavailable);
            await Task.WhenAny(changed, pause).ConfigureAwait(false);
            ct.ThrowIfCancellationRequested();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<LinkReceipt>> EndAsync(
        LinkSessionId id, ReadOnlyMemory<byte> bearer, CancellationToken ct)
    {
        var hash = Hash256.Of(bearer.Span);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await _rows.FindAsync(id, ct).ConfigureAwait(false) is not var (stored, session)) return NotFound;
            if (session.CheckBearer(hash, _clock.Shared) is { } failure) return failure;
            if (!await _rows.TryRemoveAsync(stored, session, ct).ConfigureAwait(false)) continue;
            _wakes.Wake(id);
            await _places.ReleaseAsync(session.Opening.Account, p => p.Session == id, ct).ConfigureAwait(false);
            return LinkReceipt.Done;
        }

        return new ServiceFailure(ErrorCode.Unavailable);
    }

    /// <inheritdoc/>
    public async ValueTask EndSessionsOfAsync(AccountId account, AuthorityId authority)
    {
        try
        {
            await EndAllAsync(account, place => place.Authority == authority, CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (Exception e) when (e is StoreUnavailableException or RowDamagedException)
        {
            // They expire by themselves.
        }
    }

    /// <inheritdoc/>
    public async ValueTask ForgetAsync(AccountId account, CancellationToken ct)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if ((await _places.ReadAsync(account, ct).ConfigureAwait(false)).Stored is null) return;
            await EndAllAsync(account, _ => true, ct).ConfigureAwait(false);
        }

        throw new StoreUnavailableException(StoreFault.Busy, "the account's link sessions change all the time");
    }

    /// <summary>
    /// Takes away what is over, and what died on its way: sessions, messages without one, names and places. For
    /// background work; of several instances one is enough, and all may.
    /// </summary>
    /// <returns>How many rows went by themselves, or with their session.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot do it.</exception>
    public ValueTask<int> SweepAsync(CancellationToken ct) => new LinkSweep(_rows, _clock.Shared).RunAsync(ct);

    /// <inheritdoc/>
    public void EndWaits()
    {
        _draining = true;
        _wakes.WakeAll();
    }

    /// <summary>Wakes whoever waits. What is in the stores stays.</summary>
    public void Dispose()
    {
        EndWaits();
        _rows.Dispose();
    }

    private static TimeSpan Pause(TimeSpan waited, TimeSpan left)
    {
        var step = TimeSpan.FromMilliseconds(waited.TotalSeconds switch { < 2 => 150, < 10 => 500, _ => 1_000 });
        // Rounded up: a timer that fires a fraction early would make this turn idly.
        return left < step ? (left > TimeSpan.Zero ? left : TimeSpan.Zero) + Rounding : step;
    }

    private async ValueTask<Outcome<LinkRead>> LookAsync(
        RowKey key, Hash256 hash, LinkSide side, int sequence, CancellationToken ct)
    {
        if (await _rows.FindAsync(key, ct).ConfigureAwait(false) is not var (_, session)) return NotFound;
        if (session.CheckGet(hash, sequence, _clock.Shared) is { } failure) return failure;
        var message = await _rows.Data.ReadAsync(LinkRows.MessageOf(key, side, sequence), ct).ConfigureAwait(false);
        return message is null
            ? new LinkRead.NoneYet() : session.Read(hash, side, sequence, _rows.Open(message));
    }

    private async ValueTask<ServiceFailure?> CheckAsync(
        RowKey key, Func<LinkRelaySession, ServiceFailure?> check, CancellationToken ct) =>
        await _rows.FindAsync(key, ct).ConfigureAwait(false) is var (_, session) ? check(session) : NotFound;

    // Whoever ends a session deletes its row and then its messages: one that came in between is for who wrote it to
    // take away.
    private async ValueTask<Outcome<LinkReceipt>> AppendedAsync(
        LinkSessionId id, RowKey place, Func<LinkRelaySession, ServiceFailure?> check, CancellationToken ct)
    {
        if (await CheckAsync(RowIds.SessionOf(place), check, ct).ConfigureAwait(false) is { } failure)
        {
            await _rows.TryAsync(new RowWrite.Remove(place), ct).ConfigureAwait(false);
            return failure;
        }

        _wakes.Wake(id);
        return LinkReceipt.Done;
    }

    // Sessions first and the places that lead to them last, so that whoever is cut short finds them again.
    private async ValueTask EndAllAsync(AccountId account, Predicate<LinkPlace> which, CancellationToken ct)
    {
        var (_, _, row) = await _places.ReadAsync(account, ct).ConfigureAwait(false);
        var ended = new HashSet<LinkSessionId>();
        foreach (var place in row.Places.Where(p => which(p)))
        {
            while (await _rows.FindAsync(place.Session, ct).ConfigureAwait(false) is var (stored, session)
                && !await _rows.TryRemoveAsync(stored, session, ct).ConfigureAwait(false))
            {
                // Written meanwhile: looked at again.
            }

            // Where somebody else was cut short in between.
            await _rows.ClearMessagesAsync(_rows.Ids.LinkSession(place.Session), ct).ConfigureAwait(false);
            ended.Add(place.Session);
            _wakes.Wake(place.Session);
        }

        if (ended.Count > 0)
            await _places.ReleaseAsync(account, p => ended.Contains(p.Session), ct).ConfigureAwait(false);
    }
}
