using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Identities;

/// <summary>
/// What one account seals to another (docs/protocol.md §19): HPKE to the reader's X-Wing key, with the sender's
/// signature inside. X-Wing has no authenticated mode, so a signature shows who sealed; it is inside, so that whoever
/// stores the message does not learn from whom it is. Sender, reader, the reader's key and the purpose are in both.
/// </summary>
public static class SealedMessage
{
    /// <summary>The most that is sealed at once, in bytes: 1,048,576.</summary>
    public const int MaxContent = 1 << 20;

    /// <summary>The longest purpose in bytes of UTF-8: 64.</summary>
    public const int MaxPurpose = 64;

    /// <summary>The largest message in bytes.</summary>
    public static int MaxSize { get; } = HeadSize + SealedSize(MaxContent);

    private const int Fields = 4;
    private const int HeadSize = 128;
    private const int MaxEnvelope = 16 + SigningKey.SignatureSize;

    /// <summary>Seals.</summary>
    /// <param name="sender">Who seals, and signs.</param>
    /// <param name="reader">To whom.</param>
    /// <param name="purpose">What for, 1–64 bytes of UTF-8, a constant of the app: a message for one purpose opens for
    /// no other.</param>
    /// <param name="content">At most 1,048,576 bytes. Its length is padded.</param>
    /// <param name="random">Draws the encapsulation's randomness.</param>
    public static byte[] Seal(
        IdentityKeys sender, IdentityStatement reader, string purpose, ReadOnlySpan<byte> content, IRandom random)
    {
        Throw.IfOutside(content.Length, 0, MaxContent, nameof(content));
        if (!IsPurpose(purpose)) Throw.Argument(nameof(purpose), "a purpose has 1 to 64 bytes of UTF-8");
        var context = new Context(
            sender.Account, sender.PublicKey, reader.Account, reader.SigningKey, reader.KemKey.Hash, purpose).Encode();
        var signature = sender.Signing.Sign(SignatureLabel.SealedContent, Signed(context, content));
        using var plaintext = SecretBytes.Take(CborOut.OfSecrets().Array(2).Bytes(signature).Bytes(content));
        using var padded = Padme.PadSecret(plaintext.Span);
        return new CborOut().Array(Fields).Text(Labels.SealedMessage).UInt(FormatVersion.Current)
            .Bytes(reader.KemKey.Hash).Bytes(IdentitySeal.Seal(reader.KemKey, context, padded.Span, random)).ToArray();
    }

    /// <summary>Opens what was sealed to this key, and verifies who sealed it.</summary>
    /// <param name="reader">The reader's keys.</param>
    /// <param name="sender">From whom it is said to be.</param>
    /// <param name="purpose">What for it is said to be.</param>
    /// <param name="message">What was handed over: any bytes.</param>
    /// <returns>The content, the reader's to zero, and no fault; or null and why.</returns>
    public static (byte[]? Content, IdentityFault Fault) Open(
        IdentityKeys reader, IdentityStatement sender, string purpose, ReadOnlyMemory<byte> message)
    {
        if (!IsPurpose(purpose)) Throw.Argument(nameof(purpose), "a purpose has 1 to 64 bytes of UTF-8");
        try
        {
            var (kemKey, sealedBytes) = Decode(message);
            if (kemKey != reader.KemKey.Hash) return (null, IdentityFault.OtherRecipient);
            var context = new Context(
                sender.Account, sender.SigningKey, reader.Account, reader.PublicKey, kemKey, purpose).Encode();
            return Open(reader.Kem, context, sender.SigningKey, sealedBytes.Span);
        }
        catch (WireFormatException)
        {
            return (null, IdentityFault.Malformed);
        }
        catch (UpgradeRequiredException)
        {
            return (null, IdentityFault.UpgradeRequired);
        }
    }

    /// <summary>Whether a text can be a purpose: well-formed, 1–64 bytes of UTF-8.</summary>
    public static bool IsPurpose(string purpose)
    {
        ArgumentNullException.ThrowIfNull(purpose);
        foreach (var rune in purpose.EnumerateRunes())
            if (rune == Rune.ReplacementChar) return false;
        return Encoding.UTF8.GetByteCount(purpose) is >= 1 and <= MaxPurpose;
    }

    private static int SealedSize(int content) =>
        Hpke.Overhead + Padme.PaddedLength(Padme.PrefixSize + MaxEnvelope + content);

    private static (Hash256 KemKey, ReadOnlyMemory<byte> Sealed) Decode(ReadOnlyMemory<byte> message)
    {
        WireFormatException.Require(message.Length <= MaxSize, "a message is shorter");
        var reader = new CborIn(message);
        reader.Structure(Labels.SealedMessage, Fields);
        var read = (reader.Hash(), reader.BytesView(SealedSize(0), SealedSize(MaxContent)));
        reader.End();
        return read;
    }

    private static (byte[]? Content, IdentityFault Fault) Open(
        KemPrivateKey kem, byte[] context, VerifyKey sender, ReadOnlySpan<byte> sealedBytes)
    {
        var padded = SecretMemory.Allocate(sealedBytes.Length - Hpke.Overhead);
        try
        {
            if (!Hpke.TryOpen(kem, context, [], sealedBytes, padded)) return (null, IdentityFault.Seal);
            // What follows only the sender can have got wrong.
            WireFormatException.Require(Padme.TryUnpad(padded, out var length), "what is sealed is padded");
            var reader = new CborIn(padded.AsMemory(Padme.PrefixSize, length));
            reader.Array(2);
            var signature = reader.BytesView(SigningKey.SignatureSize, SigningKey.SignatureSize);
            var content = reader.BytesView(0, MaxContent);
            reader.End();
            return sender.Verify(SignatureLabel.SealedContent, Signed(context, content.Span), signature.Span)
                ? (content.ToArray(), IdentityFault.None) : (null, IdentityFault.Signature);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(padded);
        }
    }

    private static byte[] Signed(byte[] context, ReadOnlySpan<byte> content) => new CborOut().Array(4)
        .Text(Labels.SealedContent).UInt(FormatVersion.Current).Bytes(Hash256.Of(context)).Bytes(Hash256.Of(content))
        .ToArray();

    /// <summary>From whom, to whom and what for: what a message opens under.</summary>
    private sealed record Context(
        AccountId Sender, VerifyKey SenderKey, AccountId Reader, VerifyKey ReaderKey, Hash256 KemKey, string Purpose)
    {
        public byte[] Encode() => new CborOut().Array(7).Text(Labels.SealedContext)
            .Bytes(Sender).Bytes(SenderKey.ToArray()).Bytes(Reader).Bytes(ReaderKey.ToArray()).Bytes(KemKey)
            .Text(Purpose).ToArray();
    }
}
