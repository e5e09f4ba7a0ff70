using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Erasure;

/// <summary>A line of a job: whose account, by a keyed hash, and which erasure came of it.</summary>
/// <param name="Line">Its number in what was sent, from 1; empty lines count there, and are not stored.</param>
/// <param name="Subject">The id of the user's lookup: 32 bytes.</param>
internal sealed record ErasureLineRow(int Line, ReadOnlyMemory<byte> Subject)
{
    private const string RowLabel = "erasure-line";

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

    public byte[] Encode() => new CborOut().Array(9).Text(RowLabel).UInt(1).UInt((ulong)Line).Bytes(Subject.Span)
        .UInt((ulong)State).Bytes(KeyRow.Span).UInt((ulong)First)
        .UInt((ulong)Filing).UInt(IsReturned ? 1u : 0).ToArray();

    public static ErasureLineRow Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new CborIn(bytes);
        reader.OwnStructure(RowLabel, 9);
        var line = new ErasureLineRow((int)reader.UInt(int.MaxValue), reader.Bytes(Hash256.Size))
        {
            State = (LineState)reader.UInt((ulong)LineState.Same),
            KeyRow = reader.Bytes(0, Hash256.Size),
            First = (int)reader.UInt(ErasureJobRow.MaxLines),
            Filing = (int)reader.UInt(int.MaxValue),
            IsReturned = reader.UInt(1) == 1,
        };
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
