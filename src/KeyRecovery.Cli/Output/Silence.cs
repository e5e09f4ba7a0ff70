namespace KeyRecovery.Cli.Output;

/// <summary>
/// A word to a person at a terminal who has seen nothing for two seconds: it goes when anything comes, and nobody else
/// sees it.
/// </summary>
internal sealed class Silence : IDisposable
{
    private const string Word = "Still working …";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly Lock Gate = new();

    // One process has one terminal.
    private static Silence? _watched;

    private readonly Timer _timer;
    private bool _isShown;

    private Silence() =>
        _timer = new Timer(static silence => ((Silence)silence!).Tell(), this, Patience, Timeout.InfiniteTimeSpan);

    /// <summary>Begins; null where standard error is no terminal.</summary>
    public static IDisposable? Watch()
    {
        if (!RawOutput.IsErrorTerminal) return null;
        lock (Gate) return _watched = new Silence();
    }

    /// <summary>Something is about to be shown: takes the word back, and waits anew.</summary>
    public static void Break()
    {
        lock (Gate) _watched?.Begin(Patience);
    }

    /// <summary>Somebody is asked, or a bar moves: nothing is said before the next that is shown.</summary>
    public static void Pause()
    {
        lock (Gate) _watched?.Begin(Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        lock (Gate)
        {
            Begin(Timeout.InfiniteTimeSpan);
            _watched = null;
            _timer.Dispose();
        }
    }

    private void Tell()
    {
        lock (Gate)
        {
            if (_watched != this || _isShown) return;
            _isShown = true;
            RawOutput.Hint(Word);
        }
    }

    private void Begin(TimeSpan patience)
    {
        if (_isShown) RawOutput.TakeBack(Word);
        _isShown = false;
        _timer.Change(patience, Timeout.InfiniteTimeSpan);
    }
}
