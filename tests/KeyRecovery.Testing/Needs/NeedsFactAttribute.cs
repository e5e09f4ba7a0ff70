using Xunit;

namespace KeyRecovery.Testing.Needs;

/// <summary>
/// A test that is skipped, with the reason and the way to get it, on a machine that lacks what it needs.
/// </summary>
public sealed class NeedsFactAttribute : FactAttribute
{
    /// <summary>Looks at the machine.</summary>
    public NeedsFactAttribute(params Need[] needs)
    {
        Skip = Machine.Lacks(needs)!;
        Needs = needs;
    }

    /// <summary>What the test needs.</summary>
    public IReadOnlyList<Need> Needs { get; }
}
