using System.Collections.Immutable;
using KeyRecovery.Client.Devices;
using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery.Client.Logs;

/// <summary>An answer to <c>GET /v1/activity</c> that was verified as far as the log goes.</summary>
/// <param name="Log">What is to be remembered of the log.</param>
/// <param name="Checkpoint">Its newest checkpoint; null where the server keeps no log.</param>
/// <param name="Entries">The newest first.</param>
/// <param name="Now">The server's time, in seconds since 1970.</param>
internal sealed record LogView(
    KeptLog Log, Checkpoint? Checkpoint, ImmutableArray<LoggedEntry> Entries, ulong Now);

/// <summary>One change of an account.</summary>
/// <param name="Number">Its number, from 0.</param>
/// <param name="Detail">What it was.</param>
/// <param name="Index">Where in the log it is said to stand; null while it waits.</param>
/// <param name="IsProved">Whether the checkpoint proves that.</param>
internal sealed record LoggedEntry(ulong Number, AuditDetail Detail, ulong? Index, bool IsProved)
{
    /// <summary>Whether it has made a manifest; all others tell of the one that there was.</summary>
    public bool IsChange => Detail.Event is
        AuditEvent.Created or AuditEvent.Committed or AuditEvent.Repaired or AuditEvent.Undone;

    /// <summary>Whether it tells where the account stood, and not where its data went back to.</summary>
    public bool HasPlace => Detail.Event != AuditEvent.FoundRestored;
}
