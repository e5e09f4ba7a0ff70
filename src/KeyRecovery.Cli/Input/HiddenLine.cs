using System.Text;
using KeyRecovery.Cli.Output;

// It reads keys.
#pragma warning disable RS0030

namespace KeyRecovery.Cli.Input;

/// <summary>Reads a line from the terminal without echo.</summary>
internal static class HiddenLine
{
    private const char Dot = '•';

    public static string Read()
    {
        var line = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    Terminal.Error().WriteLine();
                    return line.ToString();
                case ConsoleKey.Backspace when line.Length > 0:
                    line.Length--;
                    RawOutput.Backspace(1);
                    break;
                case ConsoleKey.U when key.Modifiers == ConsoleModifiers.Control:
                    RawOutput.Backspace(line.Length);
                    line.Clear();
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
