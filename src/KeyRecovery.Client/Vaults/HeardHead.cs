using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Vaults;

/// <summary>
/// The newest signed head that came without a vault, in the answer to a commit or with a refusal. It must go with the
/// vault that is known, and with those that are read later: who tells two things is convicted by what it said first.
/// </summary>
internal sealed class HeardHead
{
    private ReadOnlyMemory<byte> _head;
    private IReadOnlyList<ReadOnlyMemory<byte>> _restored = [];

    /// <summary>Hears one.</summary>
    /// <param name="known">The vault that is known.</param>
    /// <param name="head">A signed head; empty where none was told.</param>
    /// <param name="restored">The claims that came with it, signed.</param>
    /// <param name="homeKeys">The home's audit keys.</param>
    /// <returns>The lie, where both cannot be true.</returns>
    public ClientFailure.RolledBack? Hear(
        VerifiedVault known, ReadOnlyMemory<byte> head, IReadOnlyList<ReadOnlyMemory<byte>> restored,
        IReadOnlyList<VerifyKey> homeKeys)
    {
        if (!HomeLie.IsHead(head, homeKeys)) return null;
        (_head, _restored) = (head, restored);
        return Check(known, homeKeys);
    }

    /// <summary>Whether what was heard goes with a vault.</summary>
    public ClientFailure.RolledBack? Check(VerifiedVault known, IReadOnlyList<VerifyKey> homeKeys) =>
        HomeLie.Find(known, _head, _restored, homeKeys) is { } evidence
            ? new ClientFailure.RolledBack(ProtocolFault.Fork) { Evidence = evidence } : null;
}

/// <summary>Finds what proves that the home server has lied (docs/protocol.md §7, Head).</summary>
internal static class HomeLie
{
    /// <summary>The head that is known and the one that is served, where both cannot be true; else null.</summary>
    /// <param name="known">What this device had verified.</param>
    /// <param name="served">A vault as it was served.</param>
    /// <param name="homeKeys">The home's audit keys.</param>
    public static HomeEvidence? Find(VerifiedVault known, byte[] served, IReadOnlyList<VerifyKey> homeKeys) =>
        Look(() =>
        {
            var told = VaultBundle.Decode(served);
            if (Find(known, told.Head, told.Restored, homeKeys) is { } evidence) return evidence;
            return known.FindForkedTrail(told, homeKeys) is { } trail
                ? new HomeEvidence(known.Head.Bytes, told.Head) { Trail = trail } : null;
        });

    /// <summary>As the other, of a head alone.</summary>
    /// <param name="known">What this device has verified.</param>
    /// <param name="head">A signed head; empty where none was told.</param>
    /// <param name="restored">The claims that came with it, signed.</param>
    /// <param name="homeKeys">The home's audit keys.</param>
    public static HomeEvidence? Find(
        VerifiedVault known, ReadOnlyMemory<byte> head, IEnumerable<ReadOnlyMemory<byte>> restored,
        IReadOnlyList<VerifyKey> homeKeys) =>
        Look(() => !head.IsEmpty && known.ProvesLie(head, restored, homeKeys)
            ? new HomeEvidence(known.Head.Bytes, head) : null);

    /// <summary>Whether a head was told, and the home has signed it.</summary>
    public static bool IsHead(ReadOnlyMemory<byte> head, IReadOnlyList<VerifyKey> homeKeys) =>
        Look(() => !head.IsEmpty && SignedHead.Decode(head).IsSignedBy(homeKeys));

    // What does not read proves nothing.
    private static T? Look<T>(Func<T?> find)
    {
        try
        {
            return find();
        }
        catch (Exception e) when (e is WireFormatException or UpgradeRequiredException)
        {
            return default;
        }
    }
}
