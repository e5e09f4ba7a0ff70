using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Demo.Telling;

/// <summary>Tells the demo while it happens.</summary>
internal interface ITeller
{
    /// <summary>A step begins.</summary>
    void Begin(int number, int of, string title);

    /// <summary>What happens, in a sentence.</summary>
    void Say(string text);

    /// <summary>Something to look at.</summary>
    void Show(Action<Terminal> people);

    /// <summary>A claim that was just verified.</summary>
    void Held(string claim);

    /// <summary>A step ended.</summary>
    void End(StepOutcome outcome);

    /// <summary>The end.</summary>
    /// <param name="ok">Whether every step held.</param>
    /// <param name="elapsed">How long it took in all.</param>
    /// <param name="folder">The folder, where it was kept.</param>
    void Finish(bool ok, TimeSpan elapsed, string? folder);
}
