using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Erasure;

/// <summary>An operator's job: its one mutable row, which tells how it stands.</summary>
/// <param name="App">The app.</param>
/// <param name="RequestedAt">When it was filed, in seconds since 1970.</param>
/// <param name="Lines">How many lines name a user; they are numbered from 1.</param>
/// <param name="Upload">What the ids of its lines begin with: 16 bytes.</param>
/// <param name="Erased">How many settled lines have a receipt.</param>
/// <param name="Unknown">How many settled lines had no account.</param>
/// <param name="Returned">Of how many of both the user has an account again, made after the line was settled.</param>
/// <param name="Filing">How often the same file came, from 1. Each looks at every line once (F23).</param>
/// <param name="Open">The lines that are not settled. A line leaves it and is counted in one write.</param>
internal sealed record ErasureJobRow(
    string App, ulong RequestedAt, int Lines, ReadOnlyMemory<byte> Upload, int Erased, int Unknown,
    int Returned, int Filing, NumberRanges Open)
{
    /// <summary>The most lines of a job.</summary>
    public const int MaxLines = 100_000;

    private const string RowLabel = "erasure-job";

    /// <summary>One that was just filed.</summary>
    public static ErasureJobRow New(string app, ulong now, int lines, ReadOnlyMemory<byte> upload) =>
        new(app, now, lines, upload, 0, 0, 0, 1, NumberRanges.UpTo(lines));

    /// <summary>
    /// The same file again: each line is looked at once more, to tell whose user has come back.
    /// </summary>
    public ErasureJobRow Again(ulong now) => New(App, now, Lines, Upload) with { Filing = Filing + 1 };

    public bool IsDone => Open.IsEmpty;

    /// <summary>The job when these lines are settled. Those that are so already are not counted again.</summary>
    public ErasureJobRow Settle(IReadOnlyDictionary<int, ErasureLineOutcome> outcomes)
    {
        var settled = outcomes
            .Where(o => o.Value.Outcome is LineOutcome.Erased or LineOutcome.Unknown && Open.Contains(o.Key))
            .ToDictionary();
        if (settled.Count == 0) return this;
        return this with
        {
            Erased = Erased + settled.Count(o => o.Value.Outcome == LineOutcome.Erased),
            Unknown = Unknown + settled.Count(o => o.Value.Outcome == LineOutcome.Unknown),
            Returned = Returned + settled.Count(o => o.Value.IsReturned),
            Open = Open.Without(settled.Keys.ToHashSet()),
        };
    }

    public byte[] Encode()
    {
        var writer = new CborOut().Array(11).Text(RowLabel).UInt(1).Text(App).UInt(RequestedAt).UInt((ulong)Lines)
            .Bytes(Upload.Span).UInt((ulong)Erased).UInt((ulong)Unknown).UInt((ulong)Returned)
            .UInt((ulong)Filing);
        Open.Write(writer);
        return writer.ToArray();
    }

    public static ErasureJobRow Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new CborIn(bytes);
        reader.OwnStructure(RowLabel, 11);
        var row = new ErasureJobRow(
            reader.Text(1, Limits.AppIdLength), reader.UInt(), (int)reader.UInt(MaxLines), reader.Bytes(16),
            (int)reader.UInt(MaxLines), (int)reader.UInt(MaxLines), (int)reader.UInt(MaxLines),
            (int)reader.UInt(int.MaxValue),
            NumberRanges.Read(reader, MaxLines));
        reader.End();
        return row;
    }
}
