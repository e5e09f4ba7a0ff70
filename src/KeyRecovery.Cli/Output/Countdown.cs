namespace KeyRecovery.Cli.Output;

/// <summary>
/// A line that says how long something is still good: rewritten each second at a terminal, told once elsewhere.
/// </summary>
internal sealed class Countdown : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Func<TimeSpan> _left;
    private readonly Func<TimeSpan, string> _text;
    private Timer? _timer;
    private int _written;

    private Countdown(Func<TimeSpan> left, Func<TimeSpan, string> text) => (_left, _text) = (left, text);

    /// <summary>Begins; a machine is told nothing.</summary>
    /// <param name="output">Where it is told.</param>
    /// <param name="left">How long it is good from now.</param>
    /// <param name="text">One line about that, in whole seconds.</param>
    public static Countdown Start(IOutput output, Func<TimeSpan> left, Func<TimeSpan, string> text)
    {
        var countdown = new Countdown(left, text);
        if (output.IsJson) return countdown;
        if (!RawOutput.IsTerminal) Terminal.Standard().WriteLine(countdown.Line());
        else countdown._timer = new Timer(static state => ((Countdown)state!).Tick(), countdown, TimeSpan.Zero, Second);
        return countdown;
    }

    /// <summary>Ends the line; what comes next is below it.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_timer is null) return;
            _timer.Dispose();
            _timer = null;
            Terminal.Standard().WriteLine();
        }
    }

    private void Tick()
    {
        lock (_gate)
        {
            // The last tick may come after the end.
            if (_timer is null) return;
            _written = RawOutput.Rewrite(Line(), _written);
        }
    }

    private string Line() => _text(TimeSpan.FromSeconds(Math.Ceiling(_left().TotalSeconds)));
}
