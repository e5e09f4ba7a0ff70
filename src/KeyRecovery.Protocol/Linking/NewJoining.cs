using KeyRecovery.Protocol.Linking.Noise;

namespace KeyRecovery.Protocol.Linking;

/// <summary>The new device has a code and waits for the device that displayed it.</summary>
public sealed class NewJoining : LinkState
{
    private readonly JoiningDevice _device;

    private NewJoining(NoiseInitiator initiator, JoiningDevice device) : base(initiator) =>
        (_device, Message) = (device, initiator.FirstMessage);

    /// <summary>The first message, to be sent once the session is claimed.</summary>
    public ReadOnlyMemory<byte> Message { get; }

    /// <summary>Begins.</summary>
    /// <param name="code">The scanned code; the caller disposes of it.</param>
    /// <param name="scope">The new device's own app and server.</param>
    /// <param name="device">Itself.</param>
    /// <param name="random">Draws the ephemeral key.</param>
    public static NewJoining Begin(LinkCode code, LinkScope scope, JoiningDevice device, IRandom random)
    {
        using var psk = code.DerivePsk();
        return new NewJoining(
            NoiseInitiator.Begin(scope.Prologue(code.SessionId), psk.Span, code.Key, [], random), device);
    }

    /// <summary>Takes the answer; commits to what the digits are made of.</summary>
    /// <param name="message">The existing device's first message.</param>
    /// <param name="random">Draws what the digits are made of.</param>
    public LinkStep<NewConnected> Receive(ReadOnlySpan<byte> message, IRandom random)
    {
        using var initiator = (NoiseInitiator)Take();
        if (initiator.Finish(message, []) is not { } transport)
            return new LinkStep<NewConnected>.Failed(LinkFailure.Handshake, default);
        var channel = new LinkChannel(transport);
        var r = SecretBytes.Random(Hash256.Size, random);
        var commitment = channel.Seal(new LinkMessage.Commitment(LinkDigits.Commit(channel.Handshake, r.Span)));
        return new LinkStep<NewConnected>.Next(
            new NewConnected(channel, _device, r, LinkLimits.DigitTries), commitment);
    }
}
