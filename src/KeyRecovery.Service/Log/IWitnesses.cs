using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery.Service.Log;

/// <summary>
/// The way to the witnesses (C2SP tlog-witness). Whatever they do, and however slowly, is an answer; nothing of it is
/// verified yet. Safe for concurrent use.
/// </summary>
public interface IWitnesses
{
    /// <summary>Asks for a cosignature.</summary>
    ValueTask<WitnessReply> AddAsync(LogPolicyEntry witness, WitnessRequest request, CancellationToken ct);

    /// <summary>
    /// What a witness tells everybody of a log, a note; null where it tells nothing, or cannot be reached.
    /// </summary>
    ValueTask<byte[]?> LastAsync(LogPolicyEntry witness, string origin, CancellationToken ct);
}
