using System.Text;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Primitives;

/// <summary>
/// What a signature is about. Signed are the label in UTF-8, a zero byte and the body, so that a signature over one
/// type of object never passes for one over another. Only the members below exist.
/// </summary>
public readonly struct SignatureLabel : IEquatable<SignatureLabel>
{
    private readonly string? _label;

    private SignatureLabel(string label) => _label = label;

    /// <summary>A link of the sigchain, by its signer.</summary>
    public static SignatureLabel Link { get; } = new(Labels.Link);

    /// <summary>A link of the sigchain, by a key that it adds.</summary>
    public static SignatureLabel LinkPossession { get; } = new(Labels.LinkPossession);

    /// <summary>A manifest, by its signer.</summary>
    public static SignatureLabel Manifest { get; } = new(Labels.Manifest);

    /// <summary>The head of an account, by the home server's audit key.</summary>
    public static SignatureLabel Head { get; } = new(Labels.Head);

    /// <summary>The claim that an account was restored, by the home server's audit key.</summary>
    public static SignatureLabel Restored { get; } = new(Labels.Restored);

    /// <summary>A reset of a guess counter, by the passphrase slot.</summary>
    public static SignatureLabel RealmReset { get; } = new(Labels.RealmReset);

    /// <summary>A registration at a realm, by an active authority.</summary>
    public static SignatureLabel RealmRegister { get; } = new(Labels.RealmRegister);

    /// <summary>That a realm may follow a fork, by an authority that it knows.</summary>
    public static SignatureLabel RealmFork { get; } = new(Labels.RealmFork);

    /// <summary>A command to a realm, by an active authority.</summary>
    public static SignatureLabel RealmCommand { get; } = new(Labels.RealmCommand);

    /// <summary>A realm's answer about an account, by the realm.</summary>
    public static SignatureLabel RealmHead { get; } = new(Labels.RealmHead);

    /// <summary>A realm's answer, by the realm.</summary>
    public static SignatureLabel RealmStatus { get; } = new(Labels.RealmStatus);

    /// <summary>A receipt of an erasure, by the server's audit key.</summary>
    public static SignatureLabel ErasureReceipt { get; } = new(Labels.ErasureReceipt);

    /// <summary>What a backup set is, by the server's audit key.</summary>
    public static SignatureLabel BackupSet { get; } = new(Labels.BackupSet);

    /// <summary>An account's own public keys, by its identity key.</summary>
    public static SignatureLabel Identity { get; } = new(Labels.Identity);

    /// <summary>What one account seals to another, by the sender's identity key.</summary>
    public static SignatureLabel SealedContent { get; } = new(Labels.SealedContent);

    /// <summary>A content key as it is granted to readers, by the owner's identity key.</summary>
    public static SignatureLabel ContentKey { get; } = new(Labels.ContentKey);

    /// <summary>The bytes that are signed.</summary>
    internal byte[] Frame(ReadOnlySpan<byte> body)
    {
        if (_label is null) Throw.State("a signature needs a label");
        var labelLength = Encoding.UTF8.GetByteCount(_label);
        var framed = new byte[labelLength + 1 + body.Length];
        Encoding.UTF8.GetBytes(_label, framed);
        body.CopyTo(framed.AsSpan(labelLength + 1));
        return framed;
    }

    /// <inheritdoc/>
    public bool Equals(SignatureLabel other) => _label == other._label;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SignatureLabel other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _label is null ? 0 : _label.GetHashCode(StringComparison.Ordinal);

    /// <summary>Whether two labels are the same.</summary>
    public static bool operator ==(SignatureLabel left, SignatureLabel right) => left.Equals(right);

    /// <summary>Whether two labels differ.</summary>
    public static bool operator !=(SignatureLabel left, SignatureLabel right) => !left.Equals(right);

    /// <summary>The label itself.</summary>
    public override string ToString() => _label ?? "";
}

/// <summary><c>[body b, signature b64]</c>: what travels signed.</summary>
internal readonly record struct SignedBody(ReadOnlyMemory<byte> Body, ReadOnlyMemory<byte> Signature)
{
    public static byte[] Sign(SignatureLabel label, byte[] body, SigningKey key) =>
        new CborOut().Array(2).Bytes(body).Bytes(key.Sign(label, body)).ToArray();

    /// <summary>Reads it. Checks the shape only.</summary>
    /// <exception cref="WireFormatException">Not a signed body, or one that is too long.</exception>
    public static SignedBody Decode(ReadOnlyMemory<byte> bytes, int maxBytes)
    {
        WireFormatException.Require(bytes.Length <= maxBytes, "what is signed is shorter");
        var reader = new CborIn(bytes);
        reader.Array(2);
        var body = reader.BytesView(1, maxBytes);
        var signature = reader.BytesView(SigningKey.SignatureSize, SigningKey.SignatureSize);
        reader.End();
        return new SignedBody(body, signature);
    }

    public bool IsSignedBy(VerifyKey key, SignatureLabel label) => key.Verify(label, Body.Span, Signature.Span);
}
