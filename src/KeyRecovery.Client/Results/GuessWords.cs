namespace KeyRecovery.Client.Results;

/// <summary>What a person is told of guesses and of the servers that count them.</summary>
internal static class GuessWords
{
    public static string Wrong(int left, TimeSpan wait) => left == 0
        ? "the passphrase is wrong, and that was the last guess: the next one locks it for good. Use the recovery code "
            + "or another device"
        : $"the passphrase is wrong; {Guesses(left)}{(wait > TimeSpan.Zero ? $", the next one in {Span(wait)}" : "")}";

    public static string Wait(int left, TimeSpan wait) =>
        $"after several wrong guesses the next one is due in {Span(wait)}; {Guesses(left)}";

    public static string Of(RealmFault fault) => fault switch
    {
        RealmFault.Identity => "its keys are not those that this app expects",
        RealmFault.Signature => "it is not signed by that server",
        RealmFault.OtherRequest => "it answers something else",
        RealmFault.Element => "it evaluated nothing usable",
        RealmFault.Proof => "it used another key than the one it was given",
        RealmFault.Head => "it was told another history",
        _ => "it cannot be read",
    };

    private static string Guesses(int left) => left == 1 ? "1 guess is left" : $"{left} guesses are left";

    private static string Span(TimeSpan wait) => wait switch
    {
        { TotalSeconds: < 90 } => $"{Math.Ceiling(wait.TotalSeconds)} s",
        { TotalMinutes: < 90 } => $"{Math.Ceiling(wait.TotalMinutes)} min",
        _ => $"{Math.Ceiling(wait.TotalHours)} h",
    };
}
