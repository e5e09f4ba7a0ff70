using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>A head with the home server's signature (docs/protocol.md §7).</summary>
public sealed class SignedHead
{
    /// <summary>The most that it has, in bytes.</summary>
    public const int MaxSize = 320;

    private readonly ReadOnlyMemory<byte> _body;
    private readonly ReadOnlyMemory<byte> _signature;

    private SignedHead(ReadOnlyMemory<byte> bytes, ReadOnlyMemory<byte> body, ReadOnlyMemory<byte> signature)
    {
        Bytes = bytes;
        _body = body;
        _signature = signature;
        Head = AccountHead.Decode(body);
    }

    /// <summary>All of it, as it travels and is kept.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>What it says. Nothing of it counts before <see cref="IsSignedBy"/>.</summary>
    public AccountHead Head { get; }

    /// <summary>Signs a head.</summary>
    /// <param name="head">The head.</param>
    /// <param name="key">The home server's audit key.</param>
    public static SignedHead Sign(AccountHead head, SigningKey key)
    {
        var body = head.Encode();
        return Decode(
            new CborOut().Array(2).Bytes(body).Bytes(key.Sign(SignatureLabel.Head, body)).ToArray());
    }

    /// <summary>Reads a signed head. Checks the shape only.</summary>
    /// <exception cref="WireFormatException">Not a signed head.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static SignedHead Decode(ReadOnlyMemory<byte> bytes)
    {
        WireFormatException.Require(bytes.Length <= MaxSize, "a signed head is shorter");
        var reader = new CborIn(bytes);
        reader.Array(2);
        var body = reader.BytesView(1, MaxSize);
        var signature = reader.BytesView(SigningKey.SignatureSize, SigningKey.SignatureSize);
        reader.End();
        return new SignedHead(bytes, body, signature);
    }

    /// <summary>Whether the home server of one of these audit keys has signed it.</summary>
    public bool IsSignedBy(IEnumerable<VerifyKey> homeKeys) =>
        homeKeys.Any(key => key.Verify(SignatureLabel.Head, _body.Span, _signature.Span));
}
