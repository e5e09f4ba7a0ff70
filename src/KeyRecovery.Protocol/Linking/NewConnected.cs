using System.Security.Cryptography;

namespace KeyRecovery.Protocol.Linking;

/// <summary>The new device shows six digits and waits until they are typed on the other.</summary>
public sealed class NewConnected : ConnectedState
{
    private readonly JoiningDevice _device;
    private readonly SecretBytes _r;

    internal NewConnected(LinkChannel channel, JoiningDevice device, SecretBytes r, int triesLeft) : base(channel)
    {
        (_device, _r, TriesLeft) = (device, r, triesLeft);
        Digits = LinkDigits.Of(channel.Handshake, r.Span);
    }

    /// <summary>The digits to show.</summary>
    public LinkDigits Digits { get; }

    /// <summary>How often they may still be typed: 3, then 2, then 1.</summary>
    public int TriesLeft { get; }

    /// <summary>Takes typed digits. Only the right ones learn whose device this is.</summary>
    public LinkFork<NewRevealed, NewConnected> Receive(ReadOnlySpan<byte> message)
    {
        var channel = TakeChannel();
        var received = channel.Open(message);
        if (received is LinkMessage.Digits wrong && !wrong.Value.Matches(Digits)) return Refuse(channel);
        using var r = _r;
        if (received is not LinkMessage.Digits) return LinkFork<NewRevealed, NewConnected>.Fail(channel.End(received));
        var revealed = r.Span.ToArray();
        var reveal = channel.Seal(new LinkMessage.Reveal(
            revealed, _device.Entry, _device.Kem.PublicKey, _device.Name, _device.Platform));
        CryptographicOperations.ZeroMemory(revealed);
        return new LinkFork<NewRevealed, NewConnected>.Next(new NewRevealed(channel, _device), reveal);
    }

    private protected override void Release() => _r.Dispose();

    private LinkFork<NewRevealed, NewConnected> Refuse(LinkChannel channel)
    {
        var left = TriesLeft - 1;
        var message = channel.Seal(new LinkMessage.WrongDigits(left));
        if (left > 0)
            return new LinkFork<NewRevealed, NewConnected>.Again(new NewConnected(channel, _device, _r, left), message);
        channel.Dispose();
        _r.Dispose();
        return new LinkFork<NewRevealed, NewConnected>.Failed(LinkFailure.WrongDigits, message);
    }
}
