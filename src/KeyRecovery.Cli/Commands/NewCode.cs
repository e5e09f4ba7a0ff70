using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary>Tells a person a code that was just made.</summary>
internal static class NewCode
{
    public static void Tell(Terminal people, string display, string? kitPath)
    {
        people.WriteLine("Its recovery code, shown this once:");
        CodeCard.Write(people, display);
        people.WriteLine(
            "Write it down or print it, and keep it offline. It alone brings everything back, for whoever has it.");
        if (kitPath is not null) people.WriteLine($"To print: {kitPath} (delete the file when it is on paper)");
        people.WriteLine("Then prove that it works: keyrecovery code check");
    }
}
