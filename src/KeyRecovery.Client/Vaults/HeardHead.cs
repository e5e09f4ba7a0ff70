using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;

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
