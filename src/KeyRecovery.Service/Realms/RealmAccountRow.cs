using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Realms;

/// <summary>
/// What this realm keeps of an account, in one mutable row: the head that it witnesses, who is active, and what has
/// become of the account's slots. Pauses and counts stand here, and a command is one write. It decides which evidence
/// is logged, and begins with the newest such change. Nothing in it is secret.
/// </summary>
/// <param name="App">The account's app, of which the policy names the homes.</param>
/// <param name="View">The chain as the realm knows it; null for an account that was erased, of which nothing is left.
/// </param>
/// <param name="Slots">At most 16, the oldest first.</param>
internal sealed record RealmAccountRow(string App, RealmView? View, ImmutableArray<RealmAccountSlot> Slots)
{
    private const string RowLabel = "realm-account";
    private const int Fields = 14;
    private const ulong FreshSeconds = RealmLimits.FreshHours * 60 * 60;

    /// <summary>A row that is closed by an erasure: nothing is registered under the account again.</summary>
    public static RealmAccountRow Closed { get; } = new("", null, []);

    /// <summary>When a receipt of erasure came, in seconds since 1970; 0 where none stands.</summary>
    public ulong ReceiptAt { get; init; }

    /// <summary>The receipt that came last, 16 bytes; empty where none has. Objected to where none stands.</summary>
    public ReadOnlyMemory<byte> Receipt { get; init; }

    /// <summary>The slot as the chain knows it; null where the account has none of that id.</summary>
    public RealmAccountSlot? Find(AuthorityId slot) => Slots.FirstOrDefault(s => s.Slot == slot);

    /// <summary>This row with another slot in the place of the one of its id.</summary>
    public RealmAccountRow With(RealmAccountSlot slot) =>
        this with { Slots = [.. Slots.Select(s => s.Slot == slot.Slot ? slot : s)] };

    /// <summary>Whether a slot's share is to be destroyed.</summary>
    public bool IsOver(RealmAccountSlot slot, Moment now) =>
        slot.IsGone
        || (slot.MissingSince != 0 && now.HasReached(slot.MissingSince + RealmLimits.ForkSeconds))
        || (ReceiptAt != 0 && now.HasReached(ReceiptAt + RealmLimits.KnownSeconds));

    /// <summary>What the chain, commands and a receipt have made of a slot; destroyed where it is none of this
    /// account's.</summary>
    public RealmSlotState StateOf(AuthorityId slot, Moment now) => Find(slot) switch
    {
        null => RealmSlotState.Destroyed,
        var known when IsOver(known, now) => RealmSlotState.Destroyed,
        var known when known.MissingSince != 0 || ReceiptAt != 0 || known.IsPaused(now) => RealmSlotState.Paused,
        { IsSeen: true } => RealmSlotState.Live,
        _ => RealmSlotState.Fresh,
    };

    /// <summary>Whether a slot gives way where its place is needed.</summary>
    public bool GivesWay(RealmAccountSlot slot, Moment now) =>
        IsOver(slot, now) || (!slot.IsSeen && now.HasReached(slot.RegisteredAt + FreshSeconds))
        || (slot.LeftSince != 0 && now.HasReached(slot.LeftSince + RealmLimits.ForkSeconds));

    /// <summary>Moves on with the chain.</summary>
    /// <param name="view">What the realm knows of it now.</param>
    /// <param name="lacking">What becomes of a slot that was active, and is not any more.</param>
    public RealmAccountRow Follow(RealmView view, Func<RealmAccountSlot, RealmAccountSlot> lacking) => this with
    {
        View = view,
        Slots = [.. Slots.Select(slot => slot switch
        {
            _ when slot.IsActiveIn(view) => slot with { IsSeen = true, MissingSince = 0, LeftSince = 0 },
            { IsSeen: false } or { MissingSince: > 0 } or { LeftSince: > 0 } => slot,
            _ => lacking(slot),
        })],
    };

    /// <summary>SHA-256 of the two heads that this keeps as evidence and the row before did not, each with its
    /// signature, the one that was known first (docs/protocol.md §17); null where it keeps none anew.</summary>
    public Hash256? EvidenceSince(RealmAccountRow was) =>
        View?.Contradicting is { } other && other != was.View?.Contradicting
            ? Hash256.Of([.. View.Head.Bytes.Span, .. other.Bytes.Span]) : null;

    /// <summary>Writes this over what was read; creates it where nothing was.</summary>
    /// <param name="key">Where.</param>
    /// <param name="was">The row as it was read.</param>
    /// <param name="change">The logged change that this decides; null where it decides none, and the row keeps the one
    /// that it has.</param>
    public RowWrite Write(RowKey key, Row? was, ChangeId? change = null)
    {
        byte[] value = [.. (change ?? ChangeId.Of(was)).ToArray(), .. Encode()];
        return was is null ? new RowWrite.Create(key, value) : new RowWrite.Replace(was, value);
    }

    /// <exception cref="WireFormatException">The row is damaged.</exception>
    public static RealmAccountRow Decode(Row stored)
    {
        WireFormatException.Require(stored.Value.Length >= ChangeId.Size, "a deciding row begins with its change");
        return Decode(stored.Value[ChangeId.Size..]);
    }

    private byte[] Encode()
    {
        var writer = new CborOut().Array(Fields).Text(RowLabel).UInt(1).Text(App);
        writer.Bytes(View is null ? [] : View.Head.Bytes.Span).Array(View?.Claims.Length ?? 0);
        foreach (var claim in View?.Claims ?? []) writer.Bytes(claim.Bytes.Span);
        writer.Bytes(View?.Contradicting is { } other ? other.Bytes.Span : [])
            .Bytes(View?.Replaced is { } replaced ? replaced.Bytes.Span : [])
            .UInt(View?.ContradictingAt ?? 0).UInt(View?.ReplacedAt ?? 0).UInt(View?.Count ?? 0)
            .Array(View?.Active.Count ?? 0);
        foreach (var one in View?.Active.Values ?? [])
            writer.Array(4).Bytes(one.Id).UInt((ulong)one.Kind).Bytes(one.SigningKey.ToArray()).UInt(one.KnownSince);
        writer.UInt(ReceiptAt).Bytes(Receipt.Span).Array(Slots.Length);
        foreach (var slot in Slots) slot.Write(writer);
        return writer.ToArray();
    }

    private static RealmAccountRow Decode(ReadOnlyMemory<byte> row)
    {
        var reader = new CborIn(row);
        reader.OwnStructure(RowLabel, Fields);
        var app = reader.Text(0, Limits.AppIdLength);
        var head = reader.BytesView(0, SignedHead.MaxSize);
        var claims = ImmutableArray.CreateBuilder<SignedClaim>();
        for (var left = reader.Array(0, Limits.Claims); left > 0; left--)
            claims.Add(SignedClaim.Decode(reader.BytesView(1, SignedClaim.MaxSize)));
        var (contradicting, replaced) = (ReadHead(reader), ReadHead(reader));
        var (contradictingAt, replacedAt, count) = (reader.UInt(), reader.UInt(), reader.UInt());
        var active = new List<RealmAuthority>();
        for (var left = reader.Array(0, Limits.Authorities); left > 0; left--) active.Add(ReadAuthority(reader));
        var (receiptAt, receipt) = (reader.UInt(), reader.Bytes(0, ErasureId.Size));
        var slots = ImmutableArray.CreateBuilder<RealmAccountSlot>();
        for (var left = reader.Array(0, RealmLimits.SlotsOfAccount); left > 0; left--)
            slots.Add(RealmAccountSlot.Read(reader));
        reader.End();
        var view = head.IsEmpty ? null : RealmView.Resume(
            new RealmHeads(SignedHead.Decode(head), claims.ToImmutable(), contradicting, replaced), contradictingAt,
            replacedAt, active, count);
        return new RealmAccountRow(app, view, slots.ToImmutable()) { ReceiptAt = receiptAt, Receipt = receipt };
    }

    private static SignedHead? ReadHead(CborIn reader)
    {
        var bytes = reader.BytesView(0, SignedHead.MaxSize);
        return bytes.IsEmpty ? null : SignedHead.Decode(bytes);
    }

    private static RealmAuthority ReadAuthority(CborIn reader)
    {
        reader.Array(4);
        return new RealmAuthority(
            reader.Authority(), (AuthorityKind)reader.UInt(5), VerifyKey.FromChecked(reader.Bytes(VerifyKey.Size)),
            reader.UInt());
    }
}
