using System.Text;

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
                    Console.Error.WriteLine();
                    return line.ToString();
                case ConsoleKey.Backspace when line.Length > 0:
                    line.Length--;
                    Console.Error.Write("\b \b");
                    break;
                case ConsoleKey.U when key.Modifiers == ConsoleModifiers.Control:
                    Console.Error.Write(string.Concat(Enumerable.Repeat("\b \b", line.Length)));
                    line.Clear();
                    break;
                default:
                    if (char.IsControl(key.KeyChar)) break;
                    line.Append(key.KeyChar);
                    Console.Error.Write(key.KeyChar is ' ' or '-' ? key.KeyChar : Dot);
                    break;
            }
        }
    }
}
