using System.ComponentModel;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Api.Bodies;

/// <summary>The active passphrase slots of a token's account.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Slots">Its slots.</param>
internal sealed record RecoverySlotsResponse(
    [property: Description("The account.")] string AccountId,
    [property: Description("Its active passphrase slots.")] IReadOnlyList<RecoverySlotResponse> Slots)
{
    public static RecoverySlotsResponse Of(PassphraseSlots found) => new(
        found.Account.ToString(),
        [
            .. found.Slots.Select(slot => new RecoverySlotResponse(
                slot.Id.ToString(), slot.SigningKey.ToString(), Base64UrlText.Encode(slot.Parameters.Span))),
        ]);
}
