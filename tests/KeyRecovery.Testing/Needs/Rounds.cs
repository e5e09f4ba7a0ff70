namespace KeyRecovery.Testing.Needs;

/// <summary>
/// How often a test does at random moments what it looks at, such as a kill. Such a test is of <c>Category=Rounds</c>.
/// </summary>
public static class Rounds
{
    /// <summary>
    /// All of them with <c>KEYRECOVERY_HOURS=1</c>, as in <c>.ci/run long</c>; else a third, rounded up.
    /// </summary>
    /// <param name="all">How many there are in a whole run.</param>
    public static int Of(int all) =>
        Environment.GetEnvironmentVariable("KEYRECOVERY_HOURS") == "1" ? all : (all + 2) / 3;
}
