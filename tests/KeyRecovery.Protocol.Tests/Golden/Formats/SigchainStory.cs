using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>A sigchain, link by link, whose epochs and keysets are named by hashes alone. Immutable.</summary>
internal sealed record SigchainStory(IReadOnlyList<SignedChainLink> Links)
{
    /// <summary>Link 0 of a device and whoever else comes with it.</summary>
    public static SigchainStory Begin(TestAuthority device, params TestAuthority[] slots)
    {
        var nonce = Hash256.Of("nonce"u8);
        var added = GoldenWorld.Sorted([device, .. slots]);
        return new SigchainStory([Forge.Link(
            new ChainLink
            {
                Account = AccountIds.Derive(
                    TestAccount.DefaultApp, device.Entry.SigningKey, device.Entry.KemKeyHash, nonce),
                Sequence = 0, Previous = nonce, Epoch = 1, EpochCommit = Hash256.Of("epoch 1"u8),
                KeysetHash = Hash256.Of("keyset 0"u8), Add = [.. added.Select(a => a.Entry)], Time = 1_760_000_000,
                Signer = device.Id,
            },
            device, added)]);
    }

    /// <summary>A link that adds, in the epoch that there is.</summary>
    public SigchainStory Adds(TestAuthority signer, params TestAuthority[] added) => Next(signer, 0, [], added);

    /// <summary>A link that begins the next epoch, holds the key of <paramref name="previous"/>, and removes.</summary>
    public SigchainStory Begins(TestAuthority signer, ulong previous, params TestAuthority[] removed) =>
        Next(signer, previous, removed, []);

    /// <summary>A link that begins the next epoch where it names one before, and adds and removes.</summary>
    public SigchainStory Next(
        TestAuthority signer, ulong previous, TestAuthority[] removed, TestAuthority[] added)
    {
        var (head, all) = (Links[^1], GoldenWorld.Sorted(added));
        var link = head.Link with
        {
            Sequence = head.Link.Sequence + 1,
            Previous = head.Hash,
            PreviousEpoch = 0,
            PreviousEpochKey = default,
            KeysetHash = Hash256.Of(System.Text.Encoding.ASCII.GetBytes($"keyset {head.Link.Sequence + 1}")),
            Add = [.. all.Select(a => a.Entry)],
            Remove = [.. removed.Select(r => r.Id).Order()],
            Time = head.Link.Time + 60,
            Signer = signer.Id,
        };
        return new SigchainStory(
            [.. Links, Forge.Link(previous == 0 ? link : SigchainPaths.Begins(link, previous), signer, all)]);
    }
}
