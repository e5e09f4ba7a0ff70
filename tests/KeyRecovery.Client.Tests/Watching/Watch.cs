namespace KeyRecovery.Client.Tests.Watching;

/// <summary>An app that watches an account, look by look.</summary>
internal sealed class Watch : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly List<AccountEvent> _told = [];
    private readonly WatchClock _clock;
    private readonly Task _running;
    private Func<AccountEvent, bool> _takes = _ => true;

    private Watch(VaultSession vault, WatchClock clock, WatchOptions? options)
    {
        _clock = clock;
        _running = Task.Run(() => RunAsync(vault, options));
    }

    /// <summary>Whether the watch has come to its end by itself.</summary>
    public Task Ended => _running;

    /// <summary>Begins, and gives what the first look tells.</summary>
    public static async Task<(Watch Watch, List<AccountEvent> First)> BeginAsync(
        VaultSession vault, WatchClock clock, WatchOptions? options = null)
    {
        var watch = new Watch(vault, clock, options);
        await clock.AsleepAsync();
        return (watch, watch.Take());
    }

    /// <summary>Lets one pause pass, and gives what the next look tells.</summary>
    public async Task<List<AccountEvent>> NextAsync(TimeSpan? pause = null)
    {
        _clock.Advance(pause ?? new WatchOptions().Poll);
        await Task.WhenAny(_clock.AsleepAsync(), _running);
        return Take();
    }

    /// <summary>The app is killed when it is told this.</summary>
    public async Task KillAtAsync(Func<AccountEvent, bool> what)
    {
        _takes = told => !what(told);
        _clock.Advance(new WatchOptions().Poll);
        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running;
        _end.Dispose();
    }

    private List<AccountEvent> Take()
    {
        lock (_told)
        {
            List<AccountEvent> told = [.. _told];
            _told.Clear();
            return told;
        }
    }

    private async Task RunAsync(VaultSession vault, WatchOptions? options)
    {
        try
        {
            await foreach (var told in vault.WatchAsync(options, _end.Token))
            {
                if (!_takes(told)) return;
                lock (_told) _told.Add(told);
            }
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // As it was asked.
        }
    }
}
