using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Operators' jobs and their lines in the key store. A job is named by a keyed hash of its content, its lines by its
/// upload and their numbers: any line is one point read away.
/// </summary>
internal sealed class ErasureJobRows(IKeyStore keys, ErasureRows erasures, ReadOnlyMemory<byte> lookupKey)
{
    /// <summary>The bytes of a job's id, and of an upload's.</summary>
    public const int IdSize = 16;

    /// <summary>The id of a job: the same content for the same app, after the same job, is the same job.</summary>
    /// <param name="app">The app.</param>
    /// <param name="content">The hash of what was sent.</param>
    /// <param name="after">The id of the job whose accounts are not meant; empty for none.</param>
    public byte[] IdOf(string app, Hash256 content, ReadOnlyMemory<byte> after) => HMACSHA256.HashData(
        lookupKey.Span,
        [.. "erasure-job\0"u8, .. Encoding.UTF8.GetBytes(app), 0, .. content.ToArray(), .. after.Span])[..IdSize];

    public static RowKey PlaceOf(ReadOnlyMemory<byte> id) => new(Table.ErasureJobs, id.ToArray());

    /// <summary>Where a line is.</summary>
    /// <param name="upload">The job's upload.</param>
    /// <param name="number">The number of the stored line, from 1.</param>
    public static RowKey PlaceOf(ReadOnlyMemory<byte> upload, int number)
    {
        var id = new byte[IdSize + sizeof(int)];
        upload.Span.CopyTo(id);
        BinaryPrimitives.WriteInt32BigEndian(id.AsSpan(IdSize), number);
        return new RowKey(Table.ErasureLines, id);
    }

    /// <summary>A job and its row as it was read; null and null where there is none.</summary>
    public async ValueTask<(ErasureJobRow? Job, Row? Stored)> ReadAsync(
        ReadOnlyMemory<byte> id, CancellationToken ct) =>
        await keys.ReadAsync(PlaceOf(id), ct) is { } stored
            ? (ErasureJobRow.Decode(stored.Value), stored) : (null, null);

    /// <summary>Reads a line.</summary>
    /// <exception cref="RowDamagedException">It is not there.</exception>
    public async ValueTask<(ErasureLineRow Line, Row Stored)> LineAsync(
        ErasureJobRow job, int number, CancellationToken ct)
    {
        var stored = await keys.ReadAsync(PlaceOf(job.Upload, number), ct)
            ?? throw new RowDamagedException(Table.ErasureLines);
        return (ErasureLineRow.Decode(stored.Value), stored);
    }

    /// <summary>
    /// What became of a line, as it is told and counted: pending until the job's newest filing has looked at it.
    /// </summary>
    /// <exception cref="RowDamagedException">A line is not there, or an erasure does not open.</exception>
    public async ValueTask<ErasureLineOutcome> OutcomeAsync(ErasureJobRow job, int number, CancellationToken ct)
    {
        var (line, _) = await LineAsync(job, number, ct);
        var decisive = line.State == LineState.Same ? (await LineAsync(job, line.First, ct)).Line : line;
        var pending = new ErasureLineOutcome(line.Line, LineOutcome.Pending, default, false);
        if (decisive.Filing != job.Filing) return pending;
        if (decisive.State == LineState.Unknown)
            return pending with { Outcome = LineOutcome.Unknown, IsReturned = decisive.IsReturned };
        var receipt = await erasures.ReceiptAsync(new RowKey(Table.KeyRows, decisive.KeyRow), ct);
        if (!receipt.IsEmpty)
            return new ErasureLineOutcome(line.Line, LineOutcome.Erased, receipt, decisive.IsReturned);
        return await keys.ReadAsync(new RowKey(Table.KeyRows, decisive.KeyRow), ct) is { } key
            && KeyRow.Decode(key.Value).IsLegallyHeld
                ? pending with { Outcome = LineOutcome.Held } : pending;
    }
}
