using KeyRecovery.Client.Accounts;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Linking;

/// <summary>What linking does to the account, each call in its turn among the session's others.</summary>
/// <param name="DraftAsync">Writes a link that adds a device, on the newest vault.</param>
/// <param name="CommitAsync">Commits the draft that the device has signed; stale where the chain has moved.</param>
/// <param name="RefreshAsync">Reads the account anew; tells why it cannot.</param>
internal sealed record LinkCommitter(
    Func<(NewAuthority Entry, KemPublicKey KemKey), CancellationToken, Task<Result<ChainLinkDraft>>> DraftAsync,
    Func<(NewAuthority Entry,
        KemPublicKey KemKey), string, ChainLinkDraft, IReadOnlyDictionary<AuthorityId, byte[]>, CancellationToken,
        Task<Sent>> CommitAsync,
    Func<CancellationToken, Task<ClientFailure?>> RefreshAsync);
