using System.Collections.Immutable;

namespace KeyRecovery.Cli.Invocation;

/// <summary>This device's account, open.</summary>
/// <param name="Session">The account.</param>
/// <param name="Mended">Whose seals were bad, and are good now.</param>
internal sealed record OpenedVault(VaultSession Session, ImmutableArray<AuthorityId> Mended) : IDisposable
{
    public void Dispose() => Session.Dispose();
}
