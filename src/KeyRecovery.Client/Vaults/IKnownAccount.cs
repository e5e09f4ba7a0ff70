using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Vaults;

/// <summary>An account that somebody reads and commits to: a device that keeps it, or a slot that does not.</summary>
internal interface IKnownAccount
{
    /// <summary>Who reads, and signs where nobody else does.</summary>
    DeviceKeys Keys { get; }

    /// <summary>The vault that was read last, to be built on.</summary>
    VerifiedVault Vault { get; }

    /// <summary>Why the restored server takes no change; null where it does.</summary>
    ClientFailure.RestoredBehind? Behind { get; }

    /// <summary>Reads it anew. Null when all is well.</summary>
    Task<ClientFailure?> RefreshAsync(CancellationToken ct);

    /// <summary>Sends a commit, and notes before that it does, where notes are kept.</summary>
    Task<Answer> CommitAsync(CommitBundle commit, DeviceKeys signer, string? token, CancellationToken ct);

    /// <summary>Takes what was committed and the server accepted. Null when all is well.</summary>
    Task<ClientFailure?> AcceptOwnAsync(CommitBundle commit, HeadsJson heads, CancellationToken ct);

    /// <summary>Hears the head that comes with a problem; null where it accuses nobody.</summary>
    ClientFailure.RolledBack? HearHead(Answer.Problem said);
}
