using System.ComponentModel;

namespace KeyRecovery.Api.Bodies;

/// <summary>The account is that user's.</summary>
internal sealed record MoveResponse(
    [property: Description("False where it was that user's already.")] bool Moved);
