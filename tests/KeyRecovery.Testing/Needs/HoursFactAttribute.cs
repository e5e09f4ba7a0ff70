using Xunit;

namespace KeyRecovery.Testing.Needs;

/// <summary>
/// A test of more than ten minutes, of <c>Category=Hours</c>: skipped unless <c>KEYRECOVERY_HOURS=1</c>, as in
/// <c>.ci/run long</c>.
/// </summary>
public sealed class HoursFactAttribute : FactAttribute
{
    /// <summary>Looks at the environment.</summary>
    public HoursFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("KEYRECOVERY_HOURS") != "1")
            Skip = "takes more than ten minutes: `.ci/run long` runs it";
    }
}
