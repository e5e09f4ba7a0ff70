using KeyRecovery.Protocol.Linking.Noise;

namespace KeyRecovery.Protocol.Linking;

/// <summary>The existing device shows a code and waits for somebody who has it.</summary>
public sealed class ExistingDisplaying : LinkState
{
    private ExistingDisplaying(LinkCode code, NoiseResponder responder) : base(responder) => Code = code;

    /// <summary>The code to show, as a QR code or through a typed one. It goes with this state.</summary>
    public LinkCode Code { get; }

    /// <summary>Begins a session with a key and a seed of its own.</summary>
    public static ExistingDisplaying Begin(LinkScope scope, IRandom random)
    {
        var key = NoiseKey.Random(random);
        var code = LinkCode.Create(key.Public, random);
        return new ExistingDisplaying(code, new NoiseResponder(scope.Prologue(code.SessionId), code.DerivePsk(), key));
    }

    /// <summary>Takes the new device's first message and answers it.</summary>
    public LinkStep<ExistingGreeted> Receive(ReadOnlySpan<byte> message, IRandom random)
    {
        using var responder = (NoiseResponder)Take();
        Code.Dispose();
        var answer = new byte[NoisePattern.Overhead];
        return responder.Respond(message, [], answer, [], random) is { } transport
            ? new LinkStep<ExistingGreeted>.Next(new ExistingGreeted(new LinkChannel(transport)), answer)
            : new LinkStep<ExistingGreeted>.Failed(LinkFailure.Handshake, default);
    }

    private protected override void Release() => Code.Dispose();
}
