using System.Security.Cryptography;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Linking;

namespace KeyRecovery.Service.Tests.Support;

/// <summary>Both sides of one session on a relay, with the tokens that they would draw.</summary>
internal sealed class RelayPair(ILinkRelay relay, AccountId? account = null, string? nameplate = null)
{
    private ILinkRelay _relay = relay;

    public byte[] Token { get; } = Random();

    public byte[] Existing { get; } = Random();

    public byte[] New { get; } = Random();

    public LinkSessionId Id { get; } = new(RandomNumberGenerator.GetBytes(16));

    public AccountId Account { get; } = account ?? new AccountId(RandomNumberGenerator.GetBytes(16));

    public AuthorityId Authority { get; init; } = new(RandomNumberGenerator.GetBytes(16));

    public byte[] Envelope { get; } = RandomNumberGenerator.GetBytes(LinkRelayLimits.EnvelopeBytes);

    /// <summary>The same two devices, where they come to another instance.</summary>
    public RelayPair On(ILinkRelay other)
    {
        var pair = (RelayPair)MemberwiseClone();
        pair._relay = other;
        return pair;
    }

    public static byte[] Random() => RandomNumberGenerator.GetBytes(LinkRelayLimits.TokenBytes);

    public LinkOpening Opening => new(
        Id, Account, Authority, Hash256.Of(Token), Hash256.Of(Existing), nameplate is null
            ? null : new LinkNameplate(nameplate, Envelope));

    public Outcome<TimeSpan> Open() => Now(_relay.OpenAsync(Opening, default));

    public Outcome<TimeSpan> Claim(byte[]? token = null, byte[]? bearer = null, string? network = null) =>
        Now(_relay.ClaimAsync(Id, token ?? Token, Hash256.Of(bearer ?? New), network, default));

    public Outcome<LinkReceipt> Put(LinkSide side, int sequence, byte[] message, byte[]? bearer = null) =>
        Now(PutAsync(side, sequence, message, bearer));

    public ValueTask<Outcome<LinkReceipt>> PutAsync(
        LinkSide side, int sequence, byte[] message, byte[]? bearer = null) =>
        _relay.PutAsync(Id, bearer ?? Bearer(side), side, sequence, message, default);

    /// <summary>Reads a side's message as the other side.</summary>
    public Task<Outcome<LinkRead>> GetAsync(LinkSide side, int sequence, int waitMs = 0, byte[]? bearer = null) =>
        _relay.GetAsync(
            Id, bearer ?? Bearer(1 - side), side, sequence, TimeSpan.FromMilliseconds(waitMs), default).AsTask();

    public Outcome<LinkReceipt> End(LinkSide by) => Now(_relay.EndAsync(Id, Bearer(by), default));

    public RelayPair Claimed()
    {
        Relayed.Is(LinkRelayLimits.UnclaimedLife, Open());
        Relayed.Is(LinkRelayLimits.ClaimedLife, Claim());
        return this;
    }

    /// <summary>The answer, which a relay has at once unless it is asked to wait.</summary>
    public static T Now<T>(ValueTask<T> answer) =>
        answer.AsTask().WaitAsync(TimeSpan.FromMinutes(1)).GetAwaiter().GetResult();

    private byte[] Bearer(LinkSide side) => side == LinkSide.Existing ? Existing : New;
}
