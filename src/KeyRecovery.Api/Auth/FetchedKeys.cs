using Microsoft.IdentityModel.Tokens;

namespace KeyRecovery.Api.Auth;

/// <summary>
/// Keys that an issuer publishes. One fetch at a time, whoever asks, and at most one in <see cref="Least"/>: a stranger
/// who makes up names of keys makes nobody fetch more often. A token that no known key verifies waits for the next
/// fetch, so that a key which the issuer just began with refuses nobody.
/// </summary>
/// <param name="fetch">Gets them; it throws whatever it likes.</param>
/// <param name="time">The time; ages go by its timestamps, which no wall clock moves.</param>
/// <param name="told">Hears that the issuer is down, with why, or (null) that it is back: once each.</param>
internal sealed class FetchedKeys(
    Func<CancellationToken, Task<IReadOnlyList<SecurityKey>>> fetch, TimeProvider time, Action<Exception?> told)
    : IssuerKeys
{
    /// <summary>Between the beginnings of two fetches, and behind one that failed.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromSeconds(2);

    /// <summary>How long a fetch may take.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>From which age on they are fetched anew, beside what goes on.</summary>
    public static readonly TimeSpan Young = TimeSpan.FromMinutes(4);

    /// <summary>Up to which age they count without a look: a key that the issuer withdrew counts no longer.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromMinutes(5);

    /// <summary>Up to which age they count while the issuer is down.</summary>
    public static readonly TimeSpan Most = TimeSpan.FromHours(24);

    /// <summary>How many tokens wait for a fetch at once; the others are told to come again.</summary>
    public const int MostWaiting = 256;

    private readonly Lock _turn = new();
    private volatile KeySet? _keys;
    private long? _last;
    private Task _run = Task.CompletedTask;
    private volatile bool _isDown;
    private int _waiting;

    /// <summary>Whether the last fetch failed.</summary>
    public bool IsDown => _isDown;

    public override async ValueTask<KeySet?> GetAsync(CancellationToken cancellation)
    {
        if (_keys is { } known && Age(known) < Young) return known;
        if (Begin(isUrgent: false) is { } run && !MayStillCount() && !await WaitAsync(run, cancellation)) return null;

        return _keys is { } keys && Age(keys) < Most ? keys : null;
    }

    public override async ValueTask<KeySet?> GetNewerAsync(KeySet seen, CancellationToken cancellation)
    {
        // One that was on its way already may have asked before the key was there: the caller compares times.
        if (_keys is { } keys && keys.Began > seen.Began) return keys;
        return Begin(isUrgent: true) is { } run && await WaitAsync(run, cancellation) && !_isDown ? _keys : null;
    }

    /// <summary>Fetches where it is time to; for whoever looks now and then.</summary>
    public async Task KeepAsync(CancellationToken cancellation)
    {
        if ((_keys is not { } keys || Age(keys) >= Young) && Begin(isUrgent: false) is { } run)
            await run.WaitAsync(cancellation);
    }

    // Without a look; while the issuer is down nobody waits in vain where there are keys.
    private bool MayStillCount() => _keys is { } keys && Age(keys) < (_isDown ? Most : Fresh);

    private async ValueTask<bool> WaitAsync(Task run, CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return false;
        }

        try
        {
            await run.WaitAsync(cancellation);
            return true;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    // The fetch under way, or one that begins as soon as one may. None while the issuer has just been found down; who
    // is urgent waits for a turn also where it has just been found up.
    private Task? Begin(bool isUrgent)
    {
        lock (_turn)
        {
            if (!_run.IsCompleted) return _run;
            var wait = _last is { } last ? Least - time.GetElapsedTime(last) : TimeSpan.Zero;
            if (wait > TimeSpan.Zero && (_isDown || !isUrgent)) return null;
            // A token that no fetch since could have helped: its caller compares times.
            return _run = RunAsync(wait);
        }
    }

    private async Task RunAsync(TimeSpan wait)
    {
        // Nobody's request is what it hangs on, and nobody's thread.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        if (wait > TimeSpan.Zero) await Task.Delay(wait, time);
        var began = time.GetTimestamp();
        lock (_turn) _last = began;
        try
        {
            using var limit = new CancellationTokenSource(Limit, time);
            _keys = new KeySet(await fetch(limit.Token).WaitAsync(limit.Token), began);
            if (_isDown) told(null);
            _isDown = false;
        }
#pragma warning disable CA1031 // Whatever an issuer sends, the keys from before count, and the next fetch is another.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            if (!_isDown) told(failure);
            _isDown = true;
            lock (_turn) _last = time.GetTimestamp();
        }
    }

    private TimeSpan Age(KeySet keys) => time.GetElapsedTime(keys.Began);
}
