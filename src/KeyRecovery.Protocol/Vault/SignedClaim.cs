using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>A claim with the home server's signature (docs/protocol.md §7).</summary>
public sealed class SignedClaim
{
    /// <summary>The most that it has, in bytes.</summary>
    public const int MaxSize = 192;

    private readonly ReadOnlyMemory<byte> _body;
    private readonly ReadOnlyMemory<byte> _signature;

    private SignedClaim(ReadOnlyMemory<byte> bytes, ReadOnlyMemory<byte> body, ReadOnlyMemory<byte> signature)
    {
        Bytes = bytes;
        _body = body;
        _signature = signature;
        Claim = RestoredClaim.Decode(body);
    }

    /// <summary>All of it, as it travels and is kept.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>What it says. Nothing of it counts before <see cref="IsSignedBy"/>.</summary>
    public RestoredClaim Claim { get; }

    /// <summary>Signs a claim.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="key">The home server's audit key.</param>
    public static SignedClaim Sign(RestoredClaim claim, SigningKey key)
    {
        var body = claim.Encode();
        return Decode(
            new CborOut().Array(2).Bytes(body).Bytes(key.Sign(SignatureLabel.Restored, body)).ToArray());
    }

    /// <summary>Reads a signed claim. Checks the shape only.</summary>
    /// <exception cref="WireFormatException">Not a signed claim.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static SignedClaim Decode(ReadOnlyMemory<byte> bytes)
    {
        WireFormatException.Require(bytes.Length <= MaxSize, "a signed claim is shorter");
        var reader = new CborIn(bytes);
        reader.Array(2);
        var body = reader.BytesView(1, MaxSize);
        var signature = reader.BytesView(SigningKey.SignatureSize, SigningKey.SignatureSize);
        reader.End();
        return new SignedClaim(bytes, body, signature);
    }

    /// <summary>Whether the home server of one of these audit keys has signed it.</summary>
    public bool IsSignedBy(IEnumerable<VerifyKey> homeKeys) =>
        homeKeys.Any(key => key.Verify(SignatureLabel.Restored, _body.Span, _signature.Span));
}
