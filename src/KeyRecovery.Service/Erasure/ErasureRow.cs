using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Erasure;

/// <summary>An erasure from the request to the last receipt. What ties it to the account's rows is forgotten with the first receipt.</summary>
internal sealed record ErasureRow
{
    private const string RowLabel = "erasure-row";
    private const int MaxLookups = 1 << 20;

    public required ErasurePhase Phase { get; init; }

    public required ErasureId Id { get; init; }

    public required string App { get; init; }

    public required ErasureRequester RequestedBy { get; init; }

    public required ulong RequestedAt { get; init; }

    /// <summary>When a held one is due, in seconds since 1970.</summary>
    public ulong DueAt { get; init; }

    /// <summary>The account, until the first receipt.</summary>
    public AccountId? Account { get; init; }

    /// <summary>The device that asked.</summary>
    public AuthorityId? Asker { get; init; }

    /// <summary>Who may cancel a held one.</summary>
    public ImmutableArray<(AuthorityId Id, VerifyKey Key)> Cancellers { get; init; } = [];

    /// <summary>The receipt's pseudonym of the account.</summary>
    public Hash256 Subject { get; init; }

    public ulong ErasedAt { get; init; }

    /// <summary>The KEK that was current when the key was destroyed.</summary>
    public uint Kek { get; init; }

    /// <summary>What the ids of the account's data rows begin with, until the first receipt.</summary>
    public ReadOnlyMemory<byte> Locator { get; init; }

    /// <summary>The lookups that lead to the account, until the first receipt.</summary>
    public ImmutableArray<RowKey> Lookups { get; init; } = [];

    /// <summary>A copy of the sealed account row, to be tried before the first receipt; empty where there was none.</summary>
    public ReadOnlyMemory<byte> Retained { get; init; }

    /// <summary>That row's version.</summary>
    public long RetainedVersion { get; init; }

    /// <summary>The newest receipt, signed.</summary>
    public ReadOnlyMemory<byte> Receipt { get; init; }

    public byte[] Encode()
    {
        var writer = new CborOut().Array(20).Text(RowLabel).UInt(1).UInt((ulong)Phase).Bytes(Id.ToArray()).Text(App)
            .UInt((ulong)RequestedBy).UInt(RequestedAt).UInt(DueAt).Bytes(Account?.ToArray() ?? []).Bytes(Asker?.ToArray() ?? [])
            .Array(Cancellers.Length);
        foreach (var (id, key) in Cancellers) writer.Array(2).Bytes(id).Bytes(key.ToArray());
        writer.Bytes(Subject).UInt(ErasedAt).UInt(Kek).Bytes(Locator.Span).Array(Lookups.Length);
        foreach (var lookup in Lookups) writer.Array(2).UInt((ulong)lookup.Table.Number).Bytes(lookup.Id.Span);
        return writer.Bytes(Retained.Span).UInt((ulong)RetainedVersion).Bytes(Receipt.Span).UInt(0).ToArray();
    }

    public static ErasureRow Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new CborIn(bytes);
        reader.Array(20);
        reader.Label(RowLabel);
        reader.UInt(1);
        var row = new ErasureRow
        {
            Phase = (ErasurePhase)reader.UInt((ulong)ErasurePhase.Final),
            Id = new ErasureId(reader.Bytes(ErasureId.Size)),
            App = reader.Text(1, Limits.AppIdLength),
            RequestedBy = (ErasureRequester)reader.UInt((ulong)ErasureRequester.Operator),
            RequestedAt = reader.UInt(),
            DueAt = reader.UInt(),
            Account = reader.Bytes(0, 16) is { Length: > 0 } account ? new AccountId(account) : null,
            Asker = reader.Bytes(0, 16) is { Length: > 0 } asker ? new AuthorityId(asker) : null,
            Cancellers = ReadCancellers(reader),
            Subject = reader.Hash(),
            ErasedAt = reader.UInt(),
            Kek = (uint)reader.UInt(uint.MaxValue),
            Locator = reader.Bytes(0, RowKey.MaxIdSize),
            Lookups = ReadLookups(reader),
            Retained = reader.Bytes(0, int.MaxValue),
            RetainedVersion = (long)reader.UInt(),
            Receipt = reader.Bytes(0, ErasureReceipt.MaxSize),
        };
        reader.UInt(0);
        reader.End();
        return row;
    }

    /// <summary>What the server says of it at a level.</summary>
    public ErasureReceipt ToReceipt(int level, ulong kekDestroyedAt, ImmutableArray<ErasureProof> proofs) => new()
    {
        Id = Id, Level = level, App = App, Subject = Subject, RequestedBy = RequestedBy, RequestedAt = RequestedAt,
        ErasedAt = ErasedAt, Kek = Kek, KekDestroyedAt = kekDestroyedAt, Proofs = proofs,
    };

    private static ImmutableArray<(AuthorityId, VerifyKey)> ReadCancellers(CborIn reader)
    {
        var cancellers = ImmutableArray.CreateBuilder<(AuthorityId, VerifyKey)>();
        for (var left = reader.Array(0, ErasureHolds.MaxCancellers); left > 0; left--)
        {
            reader.Array(2);
            cancellers.Add((reader.Authority(), VerifyKey.FromChecked(reader.BytesView(VerifyKey.Size, VerifyKey.Size).Span)));
        }

        return cancellers.ToImmutable();
    }

    private static ImmutableArray<RowKey> ReadLookups(CborIn reader)
    {
        var lookups = ImmutableArray.CreateBuilder<RowKey>();
        for (var left = reader.Array(0, MaxLookups); left > 0; left--)
        {
            reader.Array(2);
            var table = TableRegistry.Default.Find(reader.UInt(255));
            WireFormatException.Require(table is not null, "a lookup's table is known");
            lookups.Add(new RowKey(table, reader.Bytes(1, RowKey.MaxIdSize)));
        }

        return lookups.ToImmutable();
    }
}
