using KeyRecovery.Protocol.Linking;

namespace KeyRecovery.Protocol.Tests.Linking;

/// <summary>What a test expects of a step.</summary>
internal static class LinkSteps
{
    public static LinkStep<T>.Next Next<T>(this LinkStep<T> step) => Assert.IsType<LinkStep<T>.Next>(step);

    public static LinkFork<T, TAgain>.Next Next<T, TAgain>(this LinkFork<T, TAgain> fork) =>
        Assert.IsType<LinkFork<T, TAgain>.Next>(fork);

    public static LinkFork<T, TAgain>.Again Again<T, TAgain>(this LinkFork<T, TAgain> fork) =>
        Assert.IsType<LinkFork<T, TAgain>.Again>(fork);

    /// <summary>The reason, and that the other side is told unless it knows.</summary>
    public static byte[] Fails<T>(this LinkStep<T> step, LinkFailure reason)
    {
        var failed = Assert.IsType<LinkStep<T>.Failed>(step);
        Assert.Equal(reason, failed.Reason);
        return failed.Farewell.ToArray();
    }

    public static byte[] Fails<T, TAgain>(this LinkFork<T, TAgain> fork, LinkFailure reason)
    {
        var failed = Assert.IsType<LinkFork<T, TAgain>.Failed>(fork);
        Assert.Equal(reason, failed.Reason);
        return failed.Farewell.ToArray();
    }
}
