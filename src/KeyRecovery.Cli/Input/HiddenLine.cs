using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Primitives;

// It reads keys.
#pragma warning disable RS0030

namespace KeyRecovery.Cli.Input;

/// <summary>Reads a line from the terminal without echo.</summary>
internal static class HiddenLine
{
    private const char Dot = '•';

    public static SecretText Read()
    {
        var line = new SecretText();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    Terminal.Error().WriteLine();
                    return line;
                case ConsoleKey.Backspace when line.Length > 0:
                    line.Truncate(line.Length - 1);
                    RawOutput.Backspace(1);
                    break;
                case ConsoleKey.U when key.Modifiers == ConsoleModifiers.Control:
                    RawOutput.Backspace(line.Length);
                    line.Truncate(0);
                    break;
                default:
                    if (char.IsControl(key.KeyChar)) break;
                    line.Append(key.KeyChar);
                    RawOutput.Echo(key.KeyChar is ' ' or '-' ? key.KeyChar : Dot);
                    break;
            }
        }
    }
}
