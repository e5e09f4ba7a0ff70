using System.ComponentModel;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Erasure;

namespace KeyRecovery.Api.Bodies;

/// <summary>What became of a line.</summary>
internal sealed record ErasureLineResponse(
    [property: Description("Its number in what was sent, from 1.")] int Line,
    [property: Description("erased, unknown, pending, or held: pending until a legal hold is released.")]
    string Outcome,
    [property: Description("Of an erased one: the receipt, base64url.")] string? Receipt,
    [property: Description(
        "true where the user has an account again, made after this job; file them in a new job to erase it.")]
    bool? Returned = null)
{
    public static ErasureLineResponse Of(ErasureLineOutcome outcome) => new(
        outcome.Line,
        outcome.Outcome switch
        {
            LineOutcome.Erased => "erased",
            LineOutcome.Unknown => "unknown",
            LineOutcome.Held => "held",
            _ => "pending",
        },
        outcome.Receipt.IsEmpty ? null : Base64UrlText.Encode(outcome.Receipt.Span),
        outcome.IsReturned ? true : null);
}
