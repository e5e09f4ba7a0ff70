using System.Diagnostics;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Realms;

/// <summary>
/// What is sealed in a registration (docs/protocol.md §14.4). Secret: it holds a share of the OPRF key.
/// </summary>
[DebuggerDisplay(Redacted.Text)]
public sealed class RealmRegistration : IDisposable
{
    internal const int Fields = 6;

    private RealmRegistration(VerifyKey signingKey, OprfElement shareKey, OprfScalar share) =>
        (SigningKey, ShareKey, Share) = (signingKey, shareKey, share);

    /// <summary>The slot's Ed25519 key, which resets the counter.</summary>
    public VerifyKey SigningKey { get; }

    /// <summary>The share's public key.</summary>
    public OprfElement ShareKey { get; }

    /// <summary>The share, disposed with this object.</summary>
    public OprfScalar Share { get; }

    internal static RealmRegistration Read(byte[] plain, AuthorityId slot)
    {
        var reader = RealmBody.Open(plain, Fields, Labels.RealmRegistration);
        WireFormatException.Require(reader.Authority() == slot, "it is about the slot that the request names");
        var signingKey = new VerifyKey(reader.BytesView(VerifyKey.Size, VerifyKey.Size).Span);
        var hasKey = OprfElement.TryParse(reader.BytesView(OprfElement.Size, OprfElement.Size).Span, out var shareKey);
        var hasShare = OprfScalar.TryParse(reader.BytesView(OprfScalar.Size, OprfScalar.Size).Span, out var share);
        try
        {
            reader.End();
            WireFormatException.Require(
                hasKey && hasShare && share!.PublicKey.Equals(shareKey), "the share is its share key's");
            return new RealmRegistration(signingKey, shareKey!, share!);
        }
        catch
        {
            share?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Share.Dispose();

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted.Text;
}
