using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Linking;

/// <summary>The plaintexts of a session after its handshake (docs/protocol.md §13.3).</summary>
internal abstract record LinkMessage
{
    private const int LabelBytes = 16;
    private const int ReasonBytes = 32;

    private LinkMessage() { }

    public sealed record Commitment(Hash256 Value) : LinkMessage;

    public sealed record Digits(LinkDigits Value) : LinkMessage;

    public sealed record WrongDigits(int TriesLeft) : LinkMessage;

    public sealed record Reveal(byte[] R, NewAuthority Entry, KemPublicKey KemKey, string Name, string Platform)
        : LinkMessage;

    public sealed record Offer(AccountId Account, ChainPlace Head, byte[] Draft) : LinkMessage;

    public sealed record Possession(byte[] Signature) : LinkMessage;

    public sealed record Committed(ChainPlace Place, VerifyKey HomeKey) : LinkMessage;

    public sealed record Ready : LinkMessage;

    public sealed record Bundle(int Index, int Of, byte[] Part) : LinkMessage;

    public sealed record Received(Hash256 Value) : LinkMessage;

    public sealed record Abort(string Word) : LinkMessage
    {
        /// <summary>Why the other side stopped; a word that is not known means that something failed there.</summary>
        public LinkFailure Reason => Word switch
        {
            "declined" => LinkFailure.Declined,
            "cancelled" => LinkFailure.Cancelled,
            _ => LinkFailure.PeerFailed,
        };

        public static string WordFor(LinkFailure reason) => reason switch
        {
            LinkFailure.Declined => "declined",
            LinkFailure.Cancelled => "cancelled",
            _ => "failed",
        };
    }

    /// <summary>What is no message at all. Never sent.</summary>
    public sealed record Broken(LinkFailure Reason) : LinkMessage;

    public SecretBytes Encode() => SecretBytes.Take(this switch
    {
        Commitment m => Begin("commitment", 1).Bytes(m.Value),
        Digits m => Begin("digits", 1).Text(m.Value.ToDisplayString()),
        WrongDigits m => Begin("wrong-digits", 1).UInt((ulong)m.TriesLeft),
        Reveal m => Begin("reveal", 7).Bytes(m.R).Bytes(m.Entry.Id).Bytes(m.Entry.SigningKey.ToArray())
            .Bytes(m.KemKey.Span)
            .UInt(m.Entry.MaxFormat).Text(m.Name).Text(m.Platform),
        Offer m => Write(Begin("offer", 4).Bytes(m.Account), m.Head).Bytes(m.Draft),
        Possession m => Begin("possession", 1).Bytes(m.Signature),
        Committed m => Write(Begin("committed", 3), m.Place).Bytes(m.HomeKey.ToArray()),
        Ready => Begin("ready", 0),
        Bundle m => Begin("bundle", 3).UInt((ulong)m.Index).UInt((ulong)m.Of).Bytes(m.Part),
        Received m => Begin("received", 1).Bytes(m.Value),
        Abort m => Begin("abort", 1).Text(m.Word),
        _ => throw new InvalidOperationException("this is never sent"),
    });

    /// <exception cref="WireFormatException">None of the structures.</exception>
    public static LinkMessage Decode(byte[] plaintext)
    {
        var reader = new CborIn(plaintext);
        var count = reader.Array(1, 8) - 1;
        LinkMessage message = (reader.Text(1, LabelBytes), count) switch
        {
            ("commitment", 1) => new Commitment(reader.Hash()),
            ("digits", 1) => new Digits(ReadDigits(reader)),
            ("wrong-digits", 1) => new WrongDigits((int)reader.UInt(LinkLimits.DigitTries - 1)),
            ("reveal", 7) => ReadReveal(reader),
            ("offer", 4) => new Offer(reader.Account(), ReadPlace(reader), reader.Bytes(1, LinkLimits.DraftBytes)),
            ("possession", 1) => new Possession(reader.Bytes(SigningKey.SignatureSize)),
            ("committed", 3) => new Committed(ReadPlace(reader), ReadKey(reader)),
            ("ready", 0) => new Ready(),
            ("bundle", 3) => new Bundle(
                (int)reader.UInt(LinkBundle.MaxParts - 1), (int)reader.UInt(LinkBundle.MaxParts),
                reader.Bytes(1, LinkLimits.PartBytes)),
            ("received", 1) => new Received(reader.Hash()),
            ("abort", 1) => new Abort(reader.Text(1, ReasonBytes)),
            _ => throw new WireFormatException("a message of a session is due here"),
        };
        reader.End();
        return message;
    }

    private static CborOut Begin(string label, int elements) => CborOut.OfSecrets().Array(1 + elements).Text(label);

    private static CborOut Write(CborOut writer, ChainPlace place) => writer.UInt(place.Sequence).Bytes(place.Hash);

    private static ChainPlace ReadPlace(CborIn reader) => new(reader.UInt(), reader.Hash());

    private static VerifyKey ReadKey(CborIn reader) => new(reader.Bytes(VerifyKey.Size));

    private static LinkDigits ReadDigits(CborIn reader)
    {
        WireFormatException.Require(
            LinkDigits.TryRead(reader.Text(LinkDigits.Length, LinkDigits.Length), out var digits), "six digits");
        return digits;
    }

    private static Reveal ReadReveal(CborIn reader)
    {
        var r = reader.Bytes(Hash256.Size);
        var id = reader.Authority();
        var signingKey = ReadKey(reader);
        var kemKey = new KemPublicKey(reader.Bytes(KemPublicKey.Size));
        var maxFormat = reader.UInt();
        WireFormatException.Require(maxFormat >= 1, "maxFormat is at least 1");
        var entry = new NewAuthority(
            id, AuthorityKind.Device, signingKey, kemKey.Hash, maxFormat, ReadOnlyMemory<byte>.Empty);
        return new Reveal(
            r, entry, kemKey, reader.Text(0, LinkLimits.NameBytes), reader.Text(0, LinkLimits.PlatformBytes));
    }
}
