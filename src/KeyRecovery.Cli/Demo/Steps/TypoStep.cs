using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>One wrong character is located, and nothing is sent.</summary>
internal sealed class TypoStep : DemoStep
{
    private const int Group = 5;
    private const int Position = 3;
    private const string Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

    public override string Name => "typo";

    public override string Title => "A new phone, and a slip of the finger";

    public override Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct)
    {
        world.NewPhone = world.Device("Alex's new phone", "new-phone");
        var (typed, right) = WithTypo(world.Paper);
        tale.Say($"Alex types: {typed}");
        var typo = RecoveryCode.Parse(typed) as RecoveryCodeParse.Typo;
        tale.Holds(typo is { Group: Group, Position: Position } && typo.Suggestion == right,
            $"group {Group}, character {Position} looks wrong: did you mean {right}?");
        tale.Holds(world.NewPhone.Requests == 0, "nothing was sent");
        tale.Fact("group", Group);
        tale.Fact("character", Position);
        tale.Fact("requests", world.NewPhone.Requests);
        return Task.CompletedTask;
    }

    // The first group is the prefix.
    private static (string Typed, char Right) WithTypo(string paper)
    {
        var groups = paper.ToLowerInvariant().Split(' ').Select(g => g.ToCharArray()).ToArray();
        var right = groups[Group][Position - 1];
        groups[Group][Position - 1] =
            Alphabet[(Alphabet.IndexOf(right, StringComparison.Ordinal) + 1) % Alphabet.Length];
        return (string.Join(' ', groups.Select(g => new string(g))), right);
    }
}
