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
    public static int Of(int all) => Of(all, (all + 2) / 3);

    /// <summary>As the other, where the ordinary run is not of a third.</summary>
    /// <param name="all">How many there are in a whole run.</param>
    /// <param name="ordinary">How many there are else.</param>
    public static int Of(int all, int ordinary) =>
        Environment.GetEnvironmentVariable("KEYRECOVERY_HOURS") == "1" ? all : ordinary;
}
