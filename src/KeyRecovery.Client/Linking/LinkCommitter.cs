using KeyRecovery.Client.Authorities;
using KeyRecovery.Client.Commits;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Linking;

/// <summary>What linking does to the account, each call in its turn among the session's others.</summary>
internal sealed class LinkCommitter(SessionTurns turns, VaultState vault, AuthorityEditor authorities)
{
    /// <summary>Writes a link that adds a device, on the newest vault.</summary>
    public Task<Result<ChainLinkDraft>> DraftAsync((NewAuthority, KemPublicKey) device, CancellationToken ct) =>
        turns.TakeAsync(() => authorities.DraftAdditionAsync(device, ct), ct);

    /// <summary>Commits the draft that the device has signed; stale where the chain has moved.</summary>
    public Task<Sent> CommitAsync(
        (NewAuthority, KemPublicKey) device, string name, ChainLinkDraft draft,
        IReadOnlyDictionary<AuthorityId, byte[]> possession, CancellationToken ct) =>
        turns.TakeAsync(() => authorities.CommitAdditionAsync(device, name, draft, possession, ct), ct);

    /// <summary>The home server's audit key that signed the newest head.</summary>
    public VerifyKey HomeKey => vault.View.HomeKeys.First(key => vault.Vault.Head.IsSignedBy([key]));

    /// <summary>Reads the account anew; tells why it cannot.</summary>
    public Task<ClientFailure?> RefreshAsync(CancellationToken ct) =>
        turns.TakeAsync(() => vault.RefreshAsync(ct), ct);
}
