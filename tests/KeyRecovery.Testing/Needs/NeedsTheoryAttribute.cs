using Xunit;

namespace KeyRecovery.Testing.Needs;

/// <summary>
/// A test with data that is skipped, with the reason and the way to get it, on a machine that lacks what it needs.
/// </summary>
public sealed class NeedsTheoryAttribute : TheoryAttribute
{
    /// <summary>Looks at the machine.</summary>
    public NeedsTheoryAttribute(params Need[] needs)
    {
        Skip = Machine.Lacks(needs)!;
        Needs = needs;
    }

    /// <summary>What the test needs.</summary>
    public IReadOnlyList<Need> Needs { get; }
}
