using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery;

/// <summary>
/// What the existing device displays and the new one scans (docs/protocol.md §13.1): a suite, an X25519 key for one
/// session, and a seed, 65 bytes. Whoever holds it may claim the session; only the holder of the private key, which
/// never leaves the existing device, can answer. Zeroed on disposal, prints <c>[redacted]</c>.
/// </summary>
[DebuggerDisplay("[redacted]")]
public sealed class LinkCode : IDisposable
{
    /// <summary>What the text of a code begins with.</summary>
    public const string Prefix = "KRL1:";

    internal const int PayloadSize = 1 + X25519.Size + SeedSize;
    internal const int SeedSize = 32;

    private const byte Suite = 1;
    private const int TokenSize = 32;
    private const int PskSize = 32;

    private readonly SecretBytes _payload;

    private LinkCode(SecretBytes payload)
    {
        _payload = payload;
        using var id = Derive(Labels.LinkSessionId, 16);
        SessionId = new LinkSessionId(id.Span);
    }

    /// <summary>The session that the code names.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public LinkSessionId SessionId { get; }

    /// <summary>The code's X25519 key, 32 bytes.</summary>
    internal ReadOnlySpan<byte> Key => _payload.Span.Slice(1, X25519.Size);

    /// <summary>The whole code as bytes, 65.</summary>
    internal ReadOnlySpan<byte> Payload => _payload.Span;

    /// <summary>Makes the code of a key and a seed.</summary>
    internal static LinkCode Create(ReadOnlySpan<byte> publicKey, IRandom random)
    {
        Span<byte> payload = stackalloc byte[PayloadSize];
        payload[0] = Suite;
        publicKey.CopyTo(payload[1..]);
        random.Fill(payload[(1 + X25519.Size)..]);
        var code = new LinkCode(SecretBytes.Copy(payload));
        CryptographicOperations.ZeroMemory(payload);
        return code;
    }

    /// <summary>Reads the text of a QR code; white space around it is no part of it.</summary>
    public static LinkCodeParse Parse(ReadOnlySpan<char> text)
    {
        var trimmed = text.Trim();
        if (!trimmed.StartsWith("KRL")) return new LinkCodeParse.NotALinkCode();
        if (!trimmed.StartsWith(Prefix)) return new LinkCodeParse.UnknownVersion();
        if (!Base45.TryDecode(trimmed[Prefix.Length..], out var payload)) return new LinkCodeParse.Unreadable();
        var parse = FromPayload(payload);
        CryptographicOperations.ZeroMemory(payload);
        return parse;
    }

    /// <summary>Reads a code from its bytes.</summary>
    internal static LinkCodeParse FromPayload(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty) return new LinkCodeParse.Unreadable();
        if (payload[0] != Suite) return new LinkCodeParse.UnknownVersion();
        if (payload.Length != PayloadSize) return new LinkCodeParse.Unreadable();
        return X25519.IsSmallOrder(payload.Slice(1, X25519.Size))
            ? new LinkCodeParse.UnsafeKey()
            : new LinkCodeParse.Ok(new LinkCode(SecretBytes.Copy(payload)));
    }

    /// <summary>
    /// The text of the QR code, 103 characters of its alphanumeric mode. The string cannot be zeroed: drop it at once.
    /// </summary>
    public string ToQrText() => Base45.Encode(Prefix, _payload.Span);

    /// <summary>The token that claims the session, 32 bytes; the relay knows its SHA-256. To be disposed of.</summary>
    public SecretBytes DeriveJoinToken() => Derive(Labels.LinkJoinToken, TokenSize);

    /// <summary>The handshake's pre-shared key.</summary>
    internal SecretBytes DerivePsk() => Derive(Labels.LinkPsk, PskSize);

    private SecretBytes Derive(string label, int length) =>
        Kdf.Derive(_payload.Span[(1 + X25519.Size)..], Encoding.UTF8.GetBytes(label), length);

    /// <summary>Zeroes the code.</summary>
    public void Dispose() => _payload.Dispose();

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted.Text;
}
