using System.Collections.Immutable;
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

/// <summary>What came of asking a witness; there are no others than those here.</summary>
public abstract record WitnessReply
{
    private WitnessReply() { }

    /// <summary>Signature lines, by whomever.</summary>
    public sealed record Cosigned(ImmutableArray<NoteSignature> Signatures) : WitnessReply;

    /// <summary>It cosigned another size last, 0 for none.</summary>
    public sealed record Knows(ulong Size) : WitnessReply;

    /// <summary>It refused, with another status than 409.</summary>
    public sealed record Refused(int Status) : WitnessReply;

    /// <summary>There was no answer, or none that can be read.</summary>
    /// <param name="Why">A few words of ours.</param>
    public sealed record Silent(string Why) : WitnessReply;
}

/// <summary>The witnesses that a log asks.</summary>
/// <param name="Policy">Who they are, and how many of them a published checkpoint must have.</param>
/// <param name="Asked">The way to them.</param>
public sealed record LogWitnesses(LogPolicy Policy, IWitnesses Asked);
