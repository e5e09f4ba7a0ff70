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

    private const string RowLabel = "link-session";
    private const int Fields = 13;
    private const int MaxNetwork = 64;

    /// <summary>A number beyond the next.</summary>
    public static readonly ServiceFailure NotTheNext = new(ErrorCode.Malformed) { Field = "seq" };

    /// <summary>A side that has all the messages that it may have.</summary>
    public static readonly ServiceFailure SideIsFull =
        ServiceFailure.Limit("seq", LinkRelayLimits.MessagesPerSide, LinkRelayLimits.MessagesPerSide);

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
        if (CheckPut(bearer, side, sequence, message, now) is { } failure) return (this, failure);
        var messages = Messages(side);
        if (sequence > messages.Count) return (this, NotTheNext);
        if (sequence < messages.Count) return (this, Again(messages[sequence], message));
        if (sequence == LinkRelayLimits.MessagesPerSide) return (this, SideIsFull);
        var size = Size + message.Length;
        return (side == LinkSide.Existing
            ? this with { Existing = messages.Add(message), Size = size }
            : this with { New = messages.Add(message), Size = size }, LinkReceipt.Done);
    }

    /// <summary>What keeps a message from being appended, whichever others there are; or null.</summary>
    public ServiceFailure? CheckPut(
        Hash256 bearer, LinkSide side, int sequence, ReadOnlyMemory<byte> message, DateTimeOffset now)
    {
        if (IsOver(now) || !IsBearer(side, bearer)) return NotFound;
        if (IsContested) return ContestedFailure;
        if (message.Length > LinkLimits.MessageBytes) return new ServiceFailure(ErrorCode.TooLarge);
        if (message.IsEmpty) return new ServiceFailure(ErrorCode.Malformed) { Field = "message" };
        return sequence < 0 ? NotTheNext : null;
    }

    /// <summary>A message where one is: the same bytes, as after a lost answer, or others.</summary>
    public static Outcome<LinkReceipt> Again(ReadOnlyMemory<byte> was, ReadOnlyMemory<byte> again) =>
        was.Span.SequenceEqual(again.Span)
            ? LinkReceipt.Repeated : new ServiceFailure(ErrorCode.Conflict) { Field = "seq" };

    /// <summary>Reads a message, of either side and by either side.</summary>
    public Outcome<LinkRead> Get(Hash256 bearer, LinkSide side, int sequence, DateTimeOffset now)
    {
        if (CheckGet(bearer, sequence, now) is { } failure) return failure;
        var messages = Messages(side);
        return sequence >= messages.Count
            ? new LinkRead.NoneYet() : Read(bearer, side, sequence, messages[sequence]);
    }

    /// <summary>What keeps a message from being read, whether it is there or not; or null.</summary>
    public ServiceFailure? CheckGet(Hash256 bearer, int sequence, DateTimeOffset now) =>
        CheckBearer(bearer, now) ?? (sequence is < 0 or >= LinkRelayLimits.MessagesPerSide ? NotTheNext : null);

    /// <summary>A message as one side is given it.</summary>
    public LinkRead Read(Hash256 bearer, LinkSide side, int sequence, ReadOnlyMemory<byte> message)
    {
        var tellsNetwork = side == LinkSide.New && sequence == 0 && IsBearer(LinkSide.Existing, bearer);
        return new LinkRead.Message(message) { PeerNetwork = tellsNetwork ? ClaimerNetwork : null };
    }

    /// <summary>Null where the bearer of either side is asking and the session goes on.</summary>
    public ServiceFailure? CheckBearer(Hash256 bearer, DateTimeOffset now)
    {
        if (IsOver(now) || !(IsBearer(LinkSide.Existing, bearer) | IsBearer(LinkSide.New, bearer))) return NotFound;
        return IsContested ? ContestedFailure : null;
    }

    /// <summary>The session as a row has it: without messages, which are rows of their own.</summary>
    public byte[] Encode() => new CborOut().Array(Fields).Text(RowLabel).UInt(1)
        .Bytes(Opening.Id.ToArray()).Bytes(Opening.Account).Bytes(Opening.Authority)
        .Bytes(Opening.JoinTokenHash).Bytes(Opening.BearerHash)
        .Text(Opening.Typed?.Name ?? "").Bytes(Opening.Typed is { } typed ? typed.Envelope.Span : [])
        .UInt((ulong)Expires.ToUnixTimeMilliseconds())
        .Bytes(Claimer?.ToArray() ?? []).Text(ClaimerNetwork ?? "").UInt(IsContested ? 1UL : 0).ToArray();

    /// <exception cref="WireFormatException">The row is damaged.</exception>
    public static LinkRelaySession Decode(ReadOnlyMemory<byte> row)
    {
        var reader = new CborIn(row);
        reader.OwnStructure(RowLabel, Fields);
        var (id, account, authority) = (new LinkSessionId(reader.Bytes(16)), reader.Account(), reader.Authority());
        var (token, bearer) = (reader.Hash(), reader.Hash());
        var (name, envelope) = (
            reader.Text(0, LinkRelayLimits.NameplateLength), reader.Bytes(0, LinkRelayLimits.EnvelopeBytes));
        var typed = name.Length == 0 ? null : new LinkNameplate(name, envelope);
        var expires = DateTimeOffset.FromUnixTimeMilliseconds((long)reader.UInt());
        Hash256? claimer = reader.Bytes(0, Hash256.Size) is { Length: > 0 } hash ? new Hash256(hash) : null;
        var (network, contested) = (reader.Text(0, MaxNetwork), reader.UInt(1));
        reader.End();
        return new LinkRelaySession(new LinkOpening(id, account, authority, token, bearer, typed), expires)
        {
            Claimer = claimer,
            ClaimerNetwork = network.Length == 0 ? null : network,
            IsContested = contested == 1,
            Size = envelope.Length,
        };
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
