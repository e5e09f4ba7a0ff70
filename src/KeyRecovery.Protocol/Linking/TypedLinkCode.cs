using System.Diagnostics;
using System.Text;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery;

/// <summary>
/// A link code for those who have no camera (docs/protocol.md §13.1): 17 characters of Crockford's base 32, a nameplate
/// of 4, a secret of 12 (60 bits), a check of 1. The relay keeps an envelope under the nameplate that the secret opens
/// to the same bytes as a QR code has. Zeroed on disposal, prints <c>[redacted]</c>.
/// </summary>
[DebuggerDisplay("[redacted]")]
public sealed class TypedLinkCode : IDisposable
{
    /// <summary>Characters of a code without spaces: 17.</summary>
    public const int Characters = NameplateSize + SecretSize + 1;

    /// <summary>The length of an envelope in bytes: 105.</summary>
    public const int EnvelopeSize = LinkCode.PayloadSize + SecretBox.Overhead;

    internal const int NameplateSize = 4;
    internal const int SecretSize = 12;
    internal const int GroupSize = 4;

    // The characters in ASCII, check included.
    private readonly SecretBytes _characters;

    internal TypedLinkCode(SecretBytes characters)
    {
        _characters = characters;
        Nameplate = Encoding.ASCII.GetString(characters.Span[..NameplateSize]);
    }

    /// <summary>The first four characters, by which the relay finds the envelope. Not secret.</summary>
    public string Nameplate { get; }

    /// <summary>Draws a new code.</summary>
    public static TypedLinkCode Generate(IRandom random) =>
        new(SecretBytes.Create(Characters, random, static (characters, random) =>
        {
            random.Fill(characters);
            var values = characters[..^1];
            foreach (ref var value in values) value &= Crockford.Radix - 1;
            characters[^1] = Crockford.Check(values);
            Crockford.ToText(characters);
        }));

    /// <summary>
    /// Reads a code as people type it: in any case, with or without spaces and dashes, <c>I L</c> as 1, <c>O</c> as 0.
    /// </summary>
    public static TypedLinkCodeParse Parse(ReadOnlySpan<char> text) => TypedLinkCodeReader.Read(text);

    /// <summary>
    /// The code to be shown: <c>NNNN SSSS SSSS SSSS C</c>. The string cannot be zeroed: drop it at once.
    /// </summary>
    public string ToDisplayString() =>
        string.Create(Characters + (Characters / GroupSize), _characters.Span, static (text, characters) =>
        {
            for (var (i, at) = (0, 0); i < characters.Length; i++)
            {
                if (i % GroupSize == 0 && i != 0) text[at++] = ' ';
                text[at++] = (char)characters[i];
            }
        });

    /// <summary>Seals a code for the relay. Slow by purpose: a third of a second and 64 MiB.</summary>
    /// <returns>105 bytes.</returns>
    public byte[] SealEnvelope(string appId, LinkCode code, IRandom random)
    {
        var aad = LinkEnvelope.Context(appId, Nameplate);
        using var key = LinkEnvelope.DeriveKey(Secret, aad);
        return SecretBox.Seal(key.Span, aad, code.Payload, random);
    }

    /// <summary>Opens what the relay keeps under the nameplate. As slow as sealing.</summary>
    public LinkCodeParse OpenEnvelope(string appId, ReadOnlySpan<byte> envelope)
    {
        if (envelope.Length != EnvelopeSize) return new LinkCodeParse.WrongSecret();
        var aad = LinkEnvelope.Context(appId, Nameplate);
        using var key = LinkEnvelope.DeriveKey(Secret, aad);
        var opened = false;
        var bytes = envelope.ToArray();
        using var payload = SecretBytes.Create(
            LinkCode.PayloadSize, span => opened = SecretBox.TryOpen(key.Span, aad, bytes, span));
        return opened ? LinkCode.FromPayload(payload.Span) : new LinkCodeParse.WrongSecret();
    }

    private ReadOnlySpan<byte> Secret => _characters.Span.Slice(NameplateSize, SecretSize);

    /// <summary>Zeroes the characters.</summary>
    public void Dispose() => _characters.Dispose();

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted.Text;
}
