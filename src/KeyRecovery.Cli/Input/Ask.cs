using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Primitives;

// It reads lines.
#pragma warning disable RS0030

namespace KeyRecovery.Cli.Input;

/// <summary>Asks the person at the terminal, or reads lines of standard input where there is none.</summary>
internal sealed class Ask(bool isJson)
{
    private readonly Terminal _console = Terminal.Error();

    /// <summary>Whether secrets can be typed: standard input is a terminal.</summary>
    public bool IsTerminal { get; } = !Console.IsInputRedirected;

    /// <summary>Whether somebody is there to decide something.</summary>
    public bool CanAsk => IsTerminal && !isJson;

    /// <summary>Says something before the next question.</summary>
    public void Say(string text) => _console.WriteLine(text);

    /// <summary>The next line of standard input, or null at its end.</summary>
    public static string? ReadLine()
    {
        if (!Console.IsInputRedirected)
        {
            Silence.Pause();
            return Console.In.ReadLine();
        }
        using var line = InputLines.Read();
        return line is null ? null : new string(line.Span);
    }

    /// <summary>The next line of standard input, which is a secret and to be disposed of; null at its end.</summary>
    public static SecretText? ReadSecretLine() => InputLines.Read();

    /// <summary>All of standard input, as bytes.</summary>
    public static Stream OpenInput() => Console.OpenStandardInput();

    /// <summary>A line that is seen while it is typed.</summary>
    public async Task<string> LineAsync(string question, CancellationToken ct)
    {
        _console.Write(question + " ");
        Silence.Pause();
        return await Task.Run(Console.ReadLine, CancellationToken.None).WaitAsync(ct)
            ?? throw new EndOfStreamException("nobody answered");
    }

    /// <summary>Yes or no; Enter alone is no.</summary>
    public async Task<bool> YesAsync(string question, CancellationToken ct) =>
        (await LineAsync($"{question} [y/N]", ct)).Trim() is [('y' or 'Y'), ..];

    /// <summary>
    /// A line that is not seen, to be disposed of: each character shows as a dot, so that a person knows how far it is.
    /// </summary>
    public async Task<SecretText> HiddenAsync(string question, CancellationToken ct)
    {
        // The terminal's echo goes before the question comes: who pastes at once is not shown either.
        Console.TreatControlCAsInput = false;
        _console.Write(question + " ");
        Silence.Pause();
        return await Task.Run(HiddenLine.Read, CancellationToken.None).WaitAsync(ct);
    }
}
