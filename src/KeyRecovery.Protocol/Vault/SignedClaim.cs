using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>A claim with the home server's signature (docs/protocol.md §7).</summary>
public sealed class SignedClaim
{
    /// <summary>The most that it has, in bytes.</summary>
    public const int MaxSize = 192;

    private readonly SignedBody _signed;

    private SignedClaim(ReadOnlyMemory<byte> bytes)
    {
        Bytes = bytes;
        _signed = SignedBody.Decode(bytes, MaxSize);
        Claim = RestoredClaim.Decode(_signed.Body);
    }

    /// <summary>All of it, as it travels and is kept.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>What it says. Nothing of it counts before <see cref="IsSignedBy"/>.</summary>
    public RestoredClaim Claim { get; }

    /// <summary>Signs a claim.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="key">The home server's audit key.</param>
    public static SignedClaim Sign(RestoredClaim claim, SigningKey key) =>
        Decode(SignedBody.Sign(SignatureLabel.Restored, claim.Encode(), key));

    /// <summary>Reads a signed claim. Checks the shape only.</summary>
    /// <exception cref="WireFormatException">Not a signed claim.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static SignedClaim Decode(ReadOnlyMemory<byte> bytes) => new(bytes);

    /// <summary>Whether the home server of one of these audit keys has signed it.</summary>
    public bool IsSignedBy(IEnumerable<VerifyKey> homeKeys) =>
        homeKeys.Any(key => _signed.IsSignedBy(key, SignatureLabel.Restored));
}
