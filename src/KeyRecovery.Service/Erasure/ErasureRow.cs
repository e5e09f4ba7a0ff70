using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// The one mutable row of an erasure, from the request to the first receipt. What ties it to the account is forgotten
/// with that receipt; what its steps must find again stands in its plan.
/// </summary>
internal sealed record ErasureRow
{
    /// <summary>The most authorities that may cancel one: more than a chain can remove in the time.</summary>
    public const int MaxCancellers = 4096;

    /// <summary>The most entries that wait to be told: a request, and that it was called off, of a few rounds.
    /// </summary>
    public const int MaxUntold = 8;

    private const string RowLabel = "erasure-row";
    private const int Fields = 17;
    private const int FieldsWithReason = 18;

    public required ErasurePhase Phase { get; init; }

    public required ErasureId Id { get; init; }

    public required string App { get; init; }

    public required ErasureRequester RequestedBy { get; init; }

    public required ulong RequestedAt { get; init; }

    /// <summary>
    /// Whether it is because nobody uses the account, as its app has set: whoever takes it on looks again whether that
    /// is so, and calls it off where somebody came.
    /// </summary>
    public bool IsForInactivity { get; init; }

    /// <summary>How many of the account were called off before it, as far as is remembered.</summary>
    public ulong Round { get; init; }

    /// <summary>When a held one is due, in seconds since 1970.</summary>
    public ulong DueAt { get; init; }

    /// <summary>The account, until the first receipt.</summary>
    public AccountId? Account { get; init; }

    /// <summary>
    /// The device that asked, until the first receipt: it must stand in the chain when the key is destroyed.
    /// </summary>
    public AuthorityId? Asker { get; init; }

    /// <summary>Who may cancel a held one, and is known again where the answer to it was lost.</summary>
    public ImmutableArray<(AuthorityId Id, VerifyKey Key)> Cancellers { get; init; } = [];

    /// <summary>The name of the plan, from the decision to the first receipt.</summary>
    public Hash256? Plan { get; init; }

    /// <summary>
    /// From the decision on: the newest KEK that anything of the account can have been wrapped under.
    /// </summary>
    public uint Kek { get; init; }

    /// <summary>The newest receipt, as it is told; empty before the first.</summary>
    public ReadOnlyMemory<byte> Receipt { get; init; }

    /// <summary>The leaf that commits to it, until the log has it and the receipt its proof; else empty.</summary>
    public ReadOnlyMemory<byte> Leaf { get; init; }

    /// <summary>What the account's activity is to tell of it and does not yet, the oldest first.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Untold { get; init; } = [];

    /// <summary>What waits to be told, with one entry more: at the most the newest <see cref="MaxUntold"/>.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Tell(ReadOnlyMemory<byte> entry) =>
        [.. Untold.Add(entry).TakeLast(MaxUntold)];

    public byte[] Encode()
    {
        var writer = new CborOut().Array(IsForInactivity ? FieldsWithReason : Fields).Text(RowLabel)
            .UInt(IsForInactivity ? 2UL : 1).UInt((ulong)Phase).Bytes(Id.ToArray()).Text(App)
            .UInt((ulong)RequestedBy).UInt(RequestedAt).UInt(Round).UInt(DueAt)
            .Bytes(Account?.ToArray() ?? []).Bytes(Asker?.ToArray() ?? []).Array(Cancellers.Length);
        foreach (var (id, key) in Cancellers) writer.Array(2).Bytes(id).Bytes(key.ToArray());
        writer.Bytes(Plan?.ToArray() ?? []).UInt(Kek).Bytes(Receipt.Span).Bytes(Leaf.Span).Array(Untold.Length);
        foreach (var entry in Untold) writer.Bytes(entry.Span);
        if (IsForInactivity) writer.UInt(1);
        return writer.ToArray();
    }

    public static ErasureRow Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new CborIn(bytes);
        var layout = reader.OwnLayout(RowLabel, Fields, FieldsWithReason);
        var row = new ErasureRow
        {
            Phase = (ErasurePhase)reader.UInt((ulong)ErasurePhase.Cancelled),
            Id = new ErasureId(reader.Bytes(ErasureId.Size)),
            App = reader.Text(1, Limits.AppIdLength),
            RequestedBy = (ErasureRequester)reader.UInt((ulong)ErasureRequester.Operator),
            RequestedAt = reader.UInt(),
            Round = reader.UInt(),
            DueAt = reader.UInt(),
            Account = reader.Bytes(0, 16) is { Length: > 0 } account ? new AccountId(account) : null,
            Asker = reader.Bytes(0, 16) is { Length: > 0 } asker ? new AuthorityId(asker) : null,
            Cancellers = ReadCancellers(reader),
            Plan = reader.Bytes(0, Hash256.Size) is { Length: > 0 } plan ? new Hash256(plan) : null,
            Kek = (uint)reader.UInt(uint.MaxValue),
            Receipt = reader.Bytes(0, SignedErasureReceipt.MaxSize),
            Leaf = reader.Bytes(0, AuditLeaf.MaxSize),
            Untold = ReadUntold(reader),
            IsForInactivity = layout > 1 && reader.UInt(1) == 1,
        };
        reader.End();
        return row;
    }

    private static ImmutableArray<ReadOnlyMemory<byte>> ReadUntold(CborIn reader)
    {
        var untold = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        for (var left = reader.Array(0, MaxUntold); left > 0; left--)
            untold.Add(reader.BytesView(1, ActivityList.MaxEntry));
        return untold.ToImmutable();
    }

    private static ImmutableArray<(AuthorityId, VerifyKey)> ReadCancellers(CborIn reader)
    {
        var cancellers = ImmutableArray.CreateBuilder<(AuthorityId, VerifyKey)>();
        for (var left = reader.Array(0, MaxCancellers); left > 0; left--)
        {
            reader.Array(2);
            cancellers.Add(
                (reader.Authority(), VerifyKey.FromChecked(reader.BytesView(VerifyKey.Size, VerifyKey.Size).Span)));
        }

        return cancellers.ToImmutable();
    }
}
