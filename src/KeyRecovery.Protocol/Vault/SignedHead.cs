using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>A head with the home server's signature (docs/protocol.md §7).</summary>
public sealed class SignedHead
{
    /// <summary>The most that it has, in bytes.</summary>
    public const int MaxSize = 320;

    private readonly SignedBody _signed;

    private SignedHead(ReadOnlyMemory<byte> bytes)
    {
        Bytes = bytes;
        _signed = SignedBody.Decode(bytes, MaxSize);
        Head = AccountHead.Decode(_signed.Body);
    }

    /// <summary>All of it, as it travels and is kept.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>What it says. Nothing of it counts before <see cref="IsSignedBy"/>.</summary>
    public AccountHead Head { get; }

    /// <summary>Signs a head.</summary>
    /// <param name="head">The head.</param>
    /// <param name="key">The home server's audit key.</param>
    public static SignedHead Sign(AccountHead head, SigningKey key) =>
        Decode(SignedBody.Sign(SignatureLabel.Head, head.Encode(), key));

    /// <summary>Reads a signed head. Checks the shape only.</summary>
    /// <exception cref="WireFormatException">Not a signed head.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static SignedHead Decode(ReadOnlyMemory<byte> bytes) => new(bytes);

    /// <summary>Whether the home server of one of these audit keys has signed it.</summary>
    public bool IsSignedBy(IEnumerable<VerifyKey> homeKeys) =>
        homeKeys.Any(key => _signed.IsSignedBy(key, SignatureLabel.Head));
}
