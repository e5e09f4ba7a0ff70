using System.Collections.Immutable;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Linking;

/// <summary>
/// One session as the relay knows it, and the rules of docs/protocol.md §13.4 as pure functions (state, request, now) →
/// (next state, outcome). Wrong tokens, unknown and ended sessions get the same <see cref="ErrorCode.NotFound"/>.
/// </summary>
internal sealed record LinkRelaySession
{
    private static readonly ServiceFailure NotFound = new(ErrorCode.NotFound);
    private static readonly ServiceFailure ContestedFailure = new(ErrorCode.LinkContested);

    private LinkRelaySession(LinkOpening opening, DateTimeOffset expires) => (Opening, Expires) = (opening, expires);

    public LinkOpening Opening { get; private init; }

    public DateTimeOffset Expires { get; private init; }

    /// <summary>The hash of the bearer that claimed first.</summary>
    public Hash256? Claimer { get; private init; }

    /// <summary>From which network that was, as far as it is known.</summary>
    public string? ClaimerNetwork { get; private init; }

    /// <summary>
    /// Two have claimed it. Nothing but hashes is left, by which both sides learn what happened until the session would
    /// have expired.
    /// </summary>
    public bool IsContested { get; private init; }

    public ImmutableList<ReadOnlyMemory<byte>> Existing { get; private init; } = [];

    public ImmutableList<ReadOnlyMemory<byte>> New { get; private init; } = [];

    /// <summary>What a new device finds under the nameplate; nothing once the session is claimed.</summary>
    public LinkNameplate? Nameplate => Claimer is null ? Opening.Typed : null;

    /// <summary>What the session holds, in bytes.</summary>
    public long Size { get; private init; }

    public static LinkRelaySession Open(LinkOpening opening, DateTimeOffset now) =>
        new(opening, now + LinkRelayLimits.UnclaimedLife) { Size = opening.Typed?.Envelope.Length ?? 0 };

    public bool IsOver(DateTimeOffset now) => now >= Expires;

    public TimeSpan Left(DateTimeOffset now) => IsOver(now) ? TimeSpan.Zero : Expires - now;

    /// <summary>The same opening again, as after a lost answer; another one for the same id is a conflict.</summary>
    public Outcome<TimeSpan> Reopen(LinkOpening again, DateTimeOffset now)
    {
        var sameTyped = Opening.Typed?.IsSame(again.Typed) ?? again.Typed is null || Claimer is not null;
        return !IsContested && sameTyped && Opening with { Typed = null } == again with { Typed = null }
            ? Left(now)
            : new ServiceFailure(ErrorCode.Conflict) { Field = "sessionId" };
    }

    /// <summary>
    /// The first claim starts the session's 300 s; the same again repeats the answer, another one kills.
    /// </summary>
    public (LinkRelaySession Next, Outcome<TimeSpan> Outcome) Claim(
        Hash256 token, Hash256 bearerHash, string? network, DateTimeOffset now)
    {
        if (IsOver(now) || !Same(token, Opening.JoinTokenHash)) return (this, NotFound);
        if (IsContested) return (this, ContestedFailure);
        if (Claimer is { } claimer)
            return Same(bearerHash, claimer) ? (this, Left(now)) : (Contest(), ContestedFailure);
        var claimed = this with
        {
            Claimer = bearerHash,
            ClaimerNetwork = network,
            Expires = now + LinkRelayLimits.ClaimedLife,
            Size = Size - (Opening.Typed?.Envelope.Length ?? 0),
            Opening = Opening with { Typed = null },
        };
        return (claimed, claimed.Left(now));
    }

    /// <summary>
    /// Appends a message; only the side's own bearer, and only the next number or the same bytes again.
    /// </summary>
    public (LinkRelaySession Next, Outcome<LinkReceipt> Outcome) Put(
        Hash256 bearer, LinkSide side, int sequence, ReadOnlyMemory<byte> message, DateTimeOffset now)
    {
        if (IsOver(now) || !IsBearer(side, bearer)) return (this, NotFound);
        if (IsContested) return (this, ContestedFailure);
        if (message.Length > LinkLimits.MessageBytes) return (this, new ServiceFailure(ErrorCode.TooLarge));
        if (message.IsEmpty) return (this, new ServiceFailure(ErrorCode.Malformed) { Field = "message" });
        if (sequence >= LinkRelayLimits.MessagesPerSide)
            return (this, ServiceFailure.Limit("seq", LinkRelayLimits.MessagesPerSide, Messages(side).Count));

        var messages = Messages(side);
        if (sequence < 0 || sequence > messages.Count)
            return (this, new ServiceFailure(ErrorCode.Malformed) { Field = "seq" });
        if (sequence < messages.Count)
            return (this, messages[sequence].Span.SequenceEqual(message.Span)
                ? LinkReceipt.Repeated
                : new ServiceFailure(ErrorCode.Conflict) { Field = "seq" });
        var size = Size + message.Length;
        return (side == LinkSide.Existing
            ? this with { Existing = messages.Add(message), Size = size }
            : this with { New = messages.Add(message), Size = size }, LinkReceipt.Done);
    }

    /// <summary>Reads a message, of either side and by either side.</summary>
    public Outcome<LinkRead> Get(Hash256 bearer, LinkSide side, int sequence, DateTimeOffset now)
    {
        if (CheckBearer(bearer, now) is { } failure) return failure;
        if (sequence is < 0 or >= LinkRelayLimits.MessagesPerSide)
            return new ServiceFailure(ErrorCode.Malformed) { Field = "seq" };
        var messages = Messages(side);
        if (sequence >= messages.Count) return new LinkRead.NoneYet();
        var tellsNetwork = side == LinkSide.New && sequence == 0 && IsBearer(LinkSide.Existing, bearer);
        return new LinkRead.Message(messages[sequence]) { PeerNetwork = tellsNetwork ? ClaimerNetwork : null };
    }

    /// <summary>Null where the bearer of either side is asking and the session goes on.</summary>
    public ServiceFailure? CheckBearer(Hash256 bearer, DateTimeOffset now)
    {
        if (IsOver(now) || !(IsBearer(LinkSide.Existing, bearer) | IsBearer(LinkSide.New, bearer))) return NotFound;
        return IsContested ? ContestedFailure : null;
    }

    private LinkRelaySession Contest() =>
        this with { IsContested = true, ClaimerNetwork = null, Existing = [], New = [], Size = 0 };

    private ImmutableList<ReadOnlyMemory<byte>> Messages(LinkSide side) => side == LinkSide.Existing ? Existing : New;

    private bool IsBearer(LinkSide side, Hash256 bearer) =>
        side == LinkSide.Existing ? Same(bearer, Opening.BearerHash) : Claimer is { } claimer && Same(bearer, claimer);

    private static bool Same(Hash256 one, Hash256 other)
    {
        Span<byte> bytes = stackalloc byte[2 * Hash256.Size];
        one.CopyTo(bytes);
        other.CopyTo(bytes[Hash256.Size..]);
        return CryptographicOperations.FixedTimeEquals(bytes[..Hash256.Size], bytes[Hash256.Size..]);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Size} bytes";
}
