using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Erasures in bulk (docs/protocol.md §15.3). A job is stored whole before it is accepted, with line numbers and keyed
/// hashes; a line learns of its erasure in the transaction that destroys the key, so that no crash parts them.
/// </summary>
public sealed class ErasureJobs
{
    private const int IdSize = 16;
    private const int Batch = 256;

    private readonly ServiceContext _context;
    private readonly ErasureRows _rows;
    private readonly Eraser _eraser;
    private readonly ReadOnlyMemory<byte> _lookupKey;

    internal ErasureJobs(ServiceContext context, ErasureRows rows, Eraser eraser, ReadOnlyMemory<byte> lookupKey) =>
        (_context, _rows, _eraser, _lookupKey) = (context, rows, eraser, lookupKey);

    /// <summary>Stores a job.</summary>
    /// <param name="users">Each user with the number of its line, ascending from 1.</param>
    /// <param name="app">The app.</param>
    /// <param name="content">SHA-256 of what was sent, asked for at the end: the same again is the same job.</param>
    /// <param name="ct">Cancels; a job that was not stored whole is none.</param>
    /// <returns>The job's id and how many users it names.</returns>
    public async ValueTask<Outcome<(ReadOnlyMemory<byte> Job, int Lines)>> FileAsync(
        IAsyncEnumerable<(int Line, AppUser User)> users, string app, Func<Hash256> content, CancellationToken ct)
    {
        var upload = new byte[IdSize];
        _context.Random.Fill(upload);
        var (batch, lines, last) = (new List<RowWrite>(Batch), 0, 0);
        await foreach (var (number, user) in users.WithCancellation(ct))
        {
            (lines, last) = (lines + 1, number);
            batch.Add(new RowWrite.Create(LineKey(upload, number), new ErasureJobLine(_context.Lookups.Ids.Subject(user).Id, ErasureJobLine.Waiting, default).Encode()));
            if (batch.Count < Batch) continue;
            if (await _context.Keys.WriteAsync(batch, ct) is WriteResult.Unavailable(var full)) return ServiceFailure.Of(full);
            batch = new List<RowWrite>(Batch);
        }

        var id = HMACSHA256.HashData(_lookupKey.Span, [.. "erasure-job\0"u8, .. System.Text.Encoding.UTF8.GetBytes(app), 0, .. content().ToArray()])[..IdSize];
        var job = new ErasureJobRow(app, _context.NowSeconds, (ulong)lines, upload, 0, (ulong)last);
        batch.Add(new RowWrite.Create(JobKey(id), job.Encode()));
        switch (await _context.Keys.WriteAsync(batch, ct))
        {
            case WriteResult.Unavailable(var reason):
                return ServiceFailure.Of(reason);
            case WriteResult.Refused:
                // Filed before. What was just stored of it is a stray, and goes.
                await RemoveLinesAsync(upload, ct);
                break;
        }

        return (new ReadOnlyMemory<byte>(id), lines);
    }

    /// <summary>How a job of an app stands, with the outcomes of some lines; null where the app has no such job.</summary>
    public async ValueTask<ErasureJobReport?> ReadAsync(ReadOnlyMemory<byte> id, string app, int after, int limit, CancellationToken ct)
    {
        if (id.Length != IdSize || await _context.Keys.ReadAsync(JobKey(id), ct) is not { } stored) return null;
        var job = ErasureJobRow.Decode(stored.Value);
        if (job.App != app) return null;
        var (erased, unknown, outcomes) = (0, 0, ImmutableArray.CreateBuilder<ErasureLineOutcome>());
        await foreach (var row in _context.Keys.ScanPrefixAsync(Table.ErasureJobs, LinePrefix(job.Upload), ct))
        {
            var line = ErasureJobLine.Decode(row.Value);
            var receipt = line.State == ErasureJobLine.Found ? await _rows.ReceiptAsync(new RowKey(Table.KeyRows, line.KeyRow), ct) : default;
            var outcome = line.State == ErasureJobLine.Unknown ? "unknown" : receipt.IsEmpty ? "pending" : "erased";
            if (outcome == "unknown") unknown++;
            if (outcome == "erased") erased++;
            var number = NumberOf(row.Key);
            if (number > after && outcomes.Count < limit) outcomes.Add(new ErasureLineOutcome(number, outcome, receipt));
        }

        return new ErasureJobReport(job.RequestedAt, (int)job.Lines, erased, unknown, (int)job.Lines - erased - unknown, outcomes.ToImmutable());
    }

    /// <summary>Destroys the keys of a job's next lines.</summary>
    /// <returns>The key rows that are now to be finished; null when no job has a line left.</returns>
    internal async ValueTask<IReadOnlyList<RowKey>?> NextAsync(int most, CancellationToken ct)
    {
        await foreach (var stored in _context.Keys.ScanAsync(Table.ErasureJobs, default, ct))
        {
            if (stored.Key.Id.Length != IdSize) continue;
            var job = ErasureJobRow.Decode(stored.Value);
            if (job.Done < job.Last) return await RunAsync(stored, job, most, ct);
        }

        return null;
    }

    private async ValueTask<IReadOnlyList<RowKey>> RunAsync(Row stored, ErasureJobRow job, int most, CancellationToken ct)
    {
        var (destroyed, done) = (new List<RowKey>(), job.Done);
        for (var number = job.Done + 1; number <= job.Last && destroyed.Count < most; number++)
        {
            done = number;
            if (await _context.Keys.ReadAsync(LineKey(job.Upload, (int)number), ct) is not { } line) continue;
            if (await EraseAsync(job, line, ErasureJobLine.Decode(line.Value), ct) is { } keyRow) destroyed.Add(keyRow);
        }

        await _context.Keys.WriteAsync([new RowWrite.Replace(stored.Key, (job with { Done = done }).Encode(), stored.Version)], ct);
        return destroyed;
    }

    private async ValueTask<RowKey?> EraseAsync(ErasureJobRow job, Row stored, ErasureJobLine line, CancellationToken ct)
    {
        if (line.State != ErasureJobLine.Waiting) return null;
        var subject = new RowKey(Table.Subjects, line.Subject);
        if (await _context.Keys.ReadAsync(subject, ct) is { } lookup)
        {
            var account = _context.Lookups.Open(lookup);
            var keyRow = _context.Lookups.Ids.KeyRow(account);
            var found = new RowWrite.Replace(stored.Key, (line with { State = ErasureJobLine.Found, KeyRow = keyRow.Id }).Encode(), stored.Version);
            var request = new ErasureRow
            {
                Phase = ErasurePhase.Erasing, Id = ErasureId.Draw(_context.Random), App = job.App, RequestedBy = ErasureRequester.Operator,
                RequestedAt = job.RequestedAt, Account = account,
            };
            if (await _eraser.DestroyAsync(keyRow, request, subject, [found], ct)) return keyRow;
            // Its lookup is still there: somebody else's erasure of it is under way, with a receipt of its own.
            if (await _context.Keys.ReadAsync(keyRow, ct) is not null)
            {
                await _context.Keys.WriteAsync([found], ct);
                return keyRow;
            }
        }

        // The same user in an earlier line of the job?
        var twin = await FindTwinAsync(job, stored.Key, line.Subject, ct);
        var next = twin is { } same ? line with { State = ErasureJobLine.Found, KeyRow = same } : line with { State = ErasureJobLine.Unknown };
        await _context.Keys.WriteAsync([new RowWrite.Replace(stored.Key, next.Encode(), stored.Version)], ct);
        return null;
    }

    private async ValueTask<ReadOnlyMemory<byte>?> FindTwinAsync(ErasureJobRow job, RowKey until, ReadOnlyMemory<byte> subject, CancellationToken ct)
    {
        await foreach (var row in _context.Keys.ScanPrefixAsync(Table.ErasureJobs, LinePrefix(job.Upload), ct))
        {
            if (row.Key == until) break;
            var line = ErasureJobLine.Decode(row.Value);
            if (line.State == ErasureJobLine.Found && line.Subject.Span.SequenceEqual(subject.Span)) return line.KeyRow;
        }

        return null;
    }

    private async ValueTask RemoveLinesAsync(byte[] upload, CancellationToken ct)
    {
        var strays = new List<RowWrite>();
        await foreach (var row in _context.Keys.ScanPrefixAsync(Table.ErasureJobs, LinePrefix(upload), ct)) strays.Add(new RowWrite.Remove(row.Key));
        foreach (var some in strays.Chunk(Batch)) await _context.Keys.WriteAsync(some, ct);
    }

    private static RowKey JobKey(ReadOnlyMemory<byte> id) => new(Table.ErasureJobs, id.ToArray());

    private static byte[] LinePrefix(ReadOnlyMemory<byte> upload) => [.. upload.Span, (byte)'/'];

    private static RowKey LineKey(ReadOnlyMemory<byte> upload, int number)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return new RowKey(Table.ErasureJobs, (byte[])[.. LinePrefix(upload), .. bytes]);
    }

    private static int NumberOf(RowKey line) => BinaryPrimitives.ReadInt32BigEndian(line.Id.Span[(IdSize + 1)..]);
}
