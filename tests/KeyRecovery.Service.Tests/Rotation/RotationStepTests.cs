using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Maintenance;
using KeyRecovery.Service.Rotation;

namespace KeyRecovery.Service.Tests.Rotation;

/// <summary>What comes next is decided from the ring alone.</summary>
public sealed class RotationStepTests
{
    [Theory]
    [InlineData("C", false, "None")]
    [InlineData("C", true, "AddNext")]
    [InlineData("DC", false, "None")]
    [InlineData("CN", false, "Promote")]
    [InlineData("CN", true, "Promote")]
    [InlineData("RC", false, "Retire 1")]
    [InlineData("RC", true, "Retire 1")]
    [InlineData("RRCN", true, "Retire 1 2")]
    [InlineData("DDRCN", false, "Retire 3")]
    [InlineData("DDDCN", false, "Promote")]
    public void What_is_under_way_is_finished_before_anything_is_begun(string ring, bool begin, string expected)
    {
        var step = RotationStep.Of(
            [.. ring.Select((state, i) => new KekStanding(new KekId((uint)i + 1), StateOf(state), 490_000))], begin);
        Assert.Equal(expected, step is RotationStep.Retire retire
            ? $"Retire {string.Join(' ', retire.Keks.Select(kek => kek.Value))}"
            : step.GetType().Name);
    }

    private static KekState StateOf(char letter) => letter switch
    {
        'N' => KekState.Next,
        'C' => KekState.Current,
        'R' => KekState.Retiring,
        _ => KekState.Destroyed,
    };
}
