using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Realms;

/// <summary>
/// A realm's answer to what is about an account and no slot: following a head, a receipt (docs/protocol.md §14.4).
/// </summary>
/// <param name="Realm">The realm's fingerprint.</param>
/// <param name="Request">SHA-256 of the body that is answered.</param>
/// <param name="Heads">What the realm witnesses of the account now.</param>
public sealed record RealmHeadAnswer(Hash256 Realm, Hash256 Request, RealmHeads Heads)
{
    private const int Fields = 8;

    /// <summary>Signs it as the realm.</summary>
    /// <returns>The body of the answer.</returns>
    public byte[] Sign(SigningKey realmKey)
    {
        var writer = new CborOut().Array(Fields).Text(Labels.RealmHead).UInt(1).Bytes(Realm).Bytes(Request);
        Heads.Write(writer);
        return SignedBody.Sign(SignatureLabel.RealmHead, writer.ToArray(), realmKey);
    }

    /// <summary>Reads an answer, or says what is wrong with it: nothing of it is used then.</summary>
    /// <param name="answer">The body of the answer.</param>
    /// <param name="realm">The pinned realm.</param>
    /// <param name="account">The account that was asked about.</param>
    /// <param name="request">The body that was sent.</param>
    public static (RealmHeadAnswer? Answer, RealmFault Fault) Read(
        ReadOnlyMemory<byte> answer, RealmIdentity realm, AccountId account, ReadOnlySpan<byte> request)
    {
        try
        {
            var signed = SignedBody.Decode(answer, RealmLimits.AnswerBytes);
            if (!signed.IsSignedBy(realm.SigningKey, SignatureLabel.RealmHead)) return (null, RealmFault.Signature);
            var reader = RealmBody.Open(signed.Body, Fields, Labels.RealmHead);
            var read = new RealmHeadAnswer(reader.Hash(), reader.Hash(), RealmHeads.Read(reader));
            reader.End();
            return read.Realm == realm.Fingerprint && read.Heads.Head.Head.Account == account
                && read.Request == Hash256.Of(request) ? (read, RealmFault.None) : (null, RealmFault.OtherRequest);
        }
        catch (WireFormatException)
        {
            return (null, RealmFault.Malformed);
        }
        catch (UpgradeRequiredException)
        {
            return (null, RealmFault.UpgradeRequired);
        }
    }
}
