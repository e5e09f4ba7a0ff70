using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Linking;

/// <summary>What the new device demands of a draft before it signs it.</summary>
internal static class OfferCheck
{
    /// <summary>
    /// Why the draft must not be signed; null where it adds exactly this device, right after the told head.
    /// </summary>
    public static LinkFailure? FindFault(LinkMessage.Offer offer, NewAuthority own)
    {
        try
        {
            var link = ChainLink.Decode(offer.Draft, key => VerifyKey.Read(key, own.SigningKey));
            var isOffered = link.Account == offer.Account
                && link.Sequence == offer.Head.Sequence + 1
                && link.Previous == offer.Head.Hash;
            return isOffered && link is { Add: [var added], Remove: [] } && IsSame(added, own)
                ? null : LinkFailure.WrongDraft;
        }
        catch (WireFormatException)
        {
            return LinkFailure.WrongDraft;
        }
        catch (UpgradeRequiredException)
        {
            return LinkFailure.UpgradeRequired;
        }
    }

    // Parameters need no comparison: a device that has some is malformed.
    private static bool IsSame(NewAuthority added, NewAuthority own) =>
        added.Id == own.Id && added.Kind == own.Kind && added.SigningKey == own.SigningKey
        && added.KemKeyHash == own.KemKeyHash && added.MaxFormat == own.MaxFormat;
}
