using System.Collections.Immutable;

namespace KeyRecovery;

/// <summary>A recovery that is done.</summary>
/// <param name="Vault">The account, open on this device; the caller disposes it.</param>
/// <param name="NotRemoved">
/// Whom the code was too young to remove: it was added by a device that was itself added a short time ago. Empty as a
/// rule; show it where it is not.
/// </param>
public sealed record Recovered(VaultSession Vault, ImmutableArray<AuthorityId> NotRemoved)
{
    /// <summary>As <see cref="Undone.NotPutAgain"/>, of a recovery with an undo. Empty when all is well.</summary>
    public ImmutableArray<(string Name, ClientFailure Why)> NotPutAgain { get; init; } = [];
}
