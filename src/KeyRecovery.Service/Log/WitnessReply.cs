using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery.Service.Log;

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
