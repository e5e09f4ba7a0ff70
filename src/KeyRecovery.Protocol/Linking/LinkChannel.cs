using System.Security.Cryptography;
using KeyRecovery.Protocol.Linking.Noise;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Linking;

/// <summary>The messages of docs/protocol.md §13.3 over a Noise transport.</summary>
internal sealed class LinkChannel(NoiseTransport transport) : IDisposable
{
    /// <summary>The handshake's hash, to which everything in the session is bound.</summary>
    public Hash256 Handshake { get; } = new(transport.HandshakeHash);

    public byte[] Seal(LinkMessage message)
    {
        using var plaintext = message.Encode();
        return SealBytes(plaintext.Span);
    }

    /// <summary>Seals what may be no message at all.</summary>
    public byte[] SealBytes(ReadOnlySpan<byte> plaintext) => transport.Seal(plaintext);

    /// <summary>The other side's next message; <see cref="LinkMessage.Broken"/> where it is none.</summary>
    public LinkMessage Open(ReadOnlySpan<byte> message)
    {
        if (message.Length > LinkLimits.MessageBytes || transport.Open(message) is not { } plaintext)
            return new LinkMessage.Broken(LinkFailure.Tampered);
        try
        {
            return LinkMessage.Decode(plaintext);
        }
        catch (WireFormatException)
        {
            return new LinkMessage.Broken(LinkFailure.UnexpectedMessage);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    /// <summary>Ends the session for a reason of this side, and tells the other.</summary>
    public LinkEnd End(LinkFailure reason)
    {
        var farewell = Seal(new LinkMessage.Abort(LinkMessage.Abort.WordFor(reason)));
        Dispose();
        return new LinkEnd(reason, farewell);
    }

    /// <summary>Ends the session because of a message that is not the one due.</summary>
    public LinkEnd End(LinkMessage received)
    {
        if (received is not LinkMessage.Abort abort)
            return End(received is LinkMessage.Broken broken ? broken.Reason : LinkFailure.UnexpectedMessage);
        Dispose();
        return new LinkEnd(abort.Reason, []);
    }

    public void Dispose() => transport.Dispose();

    public override string ToString() => Redacted.Text;
}
