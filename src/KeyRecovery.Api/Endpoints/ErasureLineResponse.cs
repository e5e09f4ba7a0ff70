using System.ComponentModel;

namespace KeyRecovery.Api.Endpoints;

/// <summary>What became of a line.</summary>
internal sealed record ErasureLineResponse(
    [property: Description("Its number in what was sent, from 1.")] int Line,
    [property: Description("erased, unknown or pending.")] string Outcome,
    [property: Description("Of an erased one: the receipt, base64url.")] string? Receipt);
