using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Erasure;

/// <summary>A line of a job: whose account, by a keyed hash, and which erasure came of it.</summary>
/// <param name="Line">Its number in what was sent, from 1; empty lines count there, and are not stored.</param>
/// <param name="Subject">The id of the user's lookup: 32 bytes.</param>
internal sealed record ErasureLineRow(int Line, ReadOnlyMemory<byte> Subject)
{
    private const string RowLabel = "erasure-line";
    private const int MostFormer = 8;

    /// <summary>The ids of the lookups under names that the app's issuer had before, in their order.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Former { get; init; } = [];

    /// <summary>Where the user's account is looked for.</summary>
    public ImmutableArray<RowKey> Places =>
        [new RowKey(Table.Subjects, Subject), .. Former.Select(id => new RowKey(Table.Subjects, id))];

    /// <summary>How far it is.</summary>
    public LineState State { get; init; }

    /// <summary>
    /// Of one that was found, the id of the key row of the account that it names, for good; else empty.
    /// </summary>
    public ReadOnlyMemory<byte> KeyRow { get; init; }

    /// <summary>The job's filing that told what it says; 0 for none.</summary>
    public int Filing { get; init; }

    /// <summary>Whether that filing found an account of the user that is not the one that the line names.</summary>
    public bool IsReturned { get; init; }

    /// <summary>Of one that names a user again, the stored line that was the first to; else 0.</summary>
    public int First { get; init; }

    public byte[] Encode()
    {
        var writer = new CborOut().Array(10).Text(RowLabel).UInt(1).UInt((ulong)Line).Bytes(Subject.Span)
            .UInt((ulong)State).Bytes(KeyRow.Span).UInt((ulong)First)
            .UInt((ulong)Filing).UInt(IsReturned ? 1u : 0).Array(Former.Length);
        foreach (var id in Former) writer.Bytes(id.Span);
        return writer.ToArray();
    }

    public static ErasureLineRow Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new CborIn(bytes);
        reader.OwnStructure(RowLabel, 10);
        var line = new ErasureLineRow((int)reader.UInt(int.MaxValue), reader.Bytes(Hash256.Size))
        {
            State = (LineState)reader.UInt((ulong)LineState.Same),
            KeyRow = reader.Bytes(0, Hash256.Size),
            First = (int)reader.UInt(ErasureJobRow.MaxLines),
            Filing = (int)reader.UInt(int.MaxValue),
            IsReturned = reader.UInt(1) == 1,
        };
        var former = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        for (var left = reader.Array(0, MostFormer); left > 0; left--) former.Add(reader.Bytes(Hash256.Size));
        line = line with { Former = former.ToImmutable() };
        reader.End();
        return line;
    }
}

/// <summary>How far a line of a job is; the numbers are the row's format.</summary>
internal enum LineState
{
    /// <summary>Not looked at: it names whoever the user is when it is.</summary>
    Waiting = 0,

    /// <summary>Its account is erased, or about to be.</summary>
    Found = 1,

    /// <summary>Its user had no account, and it names none any more.</summary>
    Unknown = 2,

    /// <summary>It shares what becomes of an earlier line of the same user.</summary>
    Same = 3,
}
