using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>
/// Which earlier epoch a link may lead to: whoever stays active keeps what it began on the path, but for the signer's
/// own.
/// </summary>
internal static class SigchainPaths
{
    /// <summary>The link as one that begins the next epoch and holds the key of <paramref name="previous"/>.</summary>
    public static ChainLink Begins(ChainLink link, ulong previous) => link with
    {
        Epoch = link.Epoch + 1, EpochCommit = Hash256.Of([(byte)(link.Epoch + 1)]), PreviousEpoch = previous,
        PreviousEpochKey = new byte[ChainLink.PreviousEpochKeySize],
    };

    /// <summary>The epochs that the newest one leads to, itself first.</summary>
    public static IEnumerable<ulong> Walk(Chain chain)
    {
        for (var epoch = chain.Epoch; epoch > 0; epoch = epoch == 1 ? 0 : chain.Current.Path.Before(epoch))
            yield return epoch;
    }

    public static IEnumerable<(string, IReadOnlyList<SignedChainLink>)> Valid()
    {
        var world = new Cast();
        var (phone, laptop, tablet) = (world.Phone, world.Laptop, world.Tablet);
        var begun = world.Story.Begins(laptop, 1);
        yield return ("leaves off an epoch whose beginner it removes", begun.Begins(phone, 1, laptop).Links);
        yield return ("leaves off an epoch of its own", begun.Begins(laptop, 1).Links);
        yield return ("leaves none off", begun.Begins(phone, 2, laptop).Links);
        var removed = begun.Begins(phone, 2, laptop);
        yield return ("leaves off the epoch of one who was removed before, and an own one",
            removed.Begins(phone, 1).Links);
        var two = begun.Begins(laptop, 1);
        yield return ("leads to an epoch that was off the path", two.Begins(phone, 2, laptop).Links);
        yield return ("leaves off two", two.Begins(phone, 1, laptop).Links);
        yield return ("goes on from a path that leaves one off",
            begun.Begins(phone, 1, laptop).Begins(tablet, 3).Begins(tablet, 3).Links);
    }

    public static IEnumerable<(string, IReadOnlyList<SignedChainLink>)> Invalid()
    {
        var world = new Cast();
        var (phone, laptop, tablet) = (world.Phone, world.Laptop, world.Tablet);
        var begun = world.Story.Begins(laptop, 1);
        yield return ("leaves off the epoch of one who stays", begun.Begins(phone, 1).Links);
        yield return ("leaves off the epoch of one who stays, and removes another",
            begun.Begins(phone, 1, tablet).Links);
        yield return ("leaves off the epoch of another who stays, beside an own one",
            begun.Begins(tablet, 2).Begins(tablet, 1).Links);
        yield return ("leaves off the epoch of one who was removed, and that of one who stays",
            begun.Begins(phone, 2, laptop).Begins(tablet, 1).Links);
        yield return ("leads to itself", begun.Begins(phone, 3).Links);
        yield return ("leads to an epoch to come", begun.Begins(phone, 4).Links);
        yield return ("leads to the largest epoch that there could be", begun.Begins(phone, CborOut.MaxInteger).Links);
    }

    /// <summary>A phone with its code, which added a laptop and a tablet.</summary>
    private sealed class Cast
    {
        private readonly TestRandom _random = new(2701);

        public Cast()
        {
            (Phone, Laptop, Tablet) =
                (TestAuthority.Device(_random), TestAuthority.Device(_random), TestAuthority.Device(_random));
            Story = SigchainStory.Begin(Phone, TestAuthority.Code(_random)).Adds(Phone, Laptop, Tablet);
        }

        public TestAuthority Phone { get; }

        public TestAuthority Laptop { get; }

        public TestAuthority Tablet { get; }

        public SigchainStory Story { get; }
    }
}
