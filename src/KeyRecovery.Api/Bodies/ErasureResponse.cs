using System.ComponentModel;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Erasure;

namespace KeyRecovery.Api.Bodies;

/// <summary>How an account's erasure stands.</summary>
internal sealed record ErasureResponse
{
    [Description("none, held, erasing or erased.")]
    public required string State { get; init; }

    [Description("When it was asked for, in Unix seconds.")]
    public ulong? RequestedAt { get; init; }

    [Description("How long it is still held, in milliseconds.")]
    public long? DueInMs { get; init; }

    [Description("What a request to erase or to cancel names.")]
    public required ulong Round { get; init; }

    [Description("The receipt (docs/protocol.md §15.1), base64url.")]
    public string? Receipt { get; init; }

    [Description("true where the account is under a legal hold: what is asked for waits until that is released.")]
    public bool? LegalHold { get; init; }

    public static ErasureResponse Of(ErasureStatus status) => new()
    {
        State = status.State switch
        {
            ErasureState.Held => "held",
            ErasureState.Erasing => "erasing",
            ErasureState.Erased => "erased",
            _ => "none",
        },
        RequestedAt = status.RequestedAt == 0 ? null : status.RequestedAt,
        DueInMs = status.State == ErasureState.Held ? status.DueInMs : null,
        Round = status.Round,
        LegalHold = status.HasLegalHold ? true : null,
        Receipt = status.Receipt.IsEmpty ? null : Base64UrlText.Encode(status.Receipt.Span),
    };
}
