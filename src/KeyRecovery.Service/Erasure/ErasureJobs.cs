using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Rows;
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

    // So many lines are looked at between two writes of how far a job is.
    private const int Stride = 2_048;

    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);

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
        var isStored = false;
        try
        {
            var (batch, lines, last) = (new List<RowWrite>(Batch), 0, 0);
            await foreach (var (number, user) in users.WithCancellation(ct))
            {
                (lines, last) = (lines + 1, number);
                batch.Add(new RowWrite.Create(LineKey(upload, number), new ErasureJobLine(_context.Lookups.Ids.Subject(user).Id, ErasureJobLine.Waiting, default).Encode()));
                if (batch.Count < Batch) continue;
                if (await _context.Keys.WriteAsync(batch, ct) is WriteResult.Unavailable(_, var full)) return ServiceFailure.Of(full);
                batch = new List<RowWrite>(Batch);
            }

            var id = HMACSHA256.HashData(_lookupKey.Span, [.. "erasure-job\0"u8, .. System.Text.Encoding.UTF8.GetBytes(app), 0, .. content().ToArray()])[..IdSize];
            var job = new ErasureJobRow(app, _context.NowSeconds, (ulong)lines, upload, 0, (ulong)last);
            batch.Add(new RowWrite.Create(JobKey(id), job.Encode()));
            var result = await _context.Keys.WriteAsync(batch, ct);
            isStored = result is WriteResult.Written;
            // Refused: filed before.
            return result is WriteResult.Unavailable(_, var reason) ? ServiceFailure.Of(reason) : (new ReadOnlyMemory<byte>(id), lines);
        }
        finally
        {
            // What was stored of one that is malformed, cut short or there already. The sweep finds what a crash leaves.
            if (!isStored) await RemoveLinesAsync(upload, CancellationToken.None);
        }
    }

    /// <summary>How a job of an app stands, with the outcomes of some lines; null where the app has no such job.</summary>
    public async ValueTask<ErasureJobReport?> ReadAsync(ReadOnlyMemory<byte> id, string app, int after, int limit, CancellationToken ct)
    {
        if (id.Length != IdSize || await _context.Keys.ReadAsync(JobKey(id), ct) is not { } stored) return null;
        var job = ErasureJobRow.Decode(stored.Value);
        if (job.App != app) return null;
        var (erased, unknown, outcomes) = (0, 0, ImmutableArray.CreateBuilder<ErasureLineOutcome>());
        await foreach (var row in _context.Keys.ScanOwnerAsync(Table.ErasureJobs, job.Upload, ct))
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

    /// <summary>Destroys the keys of all jobs' lines that were not looked at.</summary>
    /// <param name="most">The most of a group.</param>
    /// <param name="block">Is told of a line that damage holds up; the others go on, and it is looked at again by the next run.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Key rows that are now to be finished, in groups.</returns>
    /// <exception cref="StoreUnavailableException">The key store cannot write: no line is passed over.</exception>
    internal async IAsyncEnumerable<IReadOnlyList<RowKey>> RunAsync(int most, Action<string> block, [EnumeratorCancellation] CancellationToken ct)
    {
        var open = new List<(Row Stored, ErasureJobRow Job)>();
        await foreach (var stored in _context.Keys.ScanAsync(Table.ErasureJobs, ct))
            if (stored.Key.Id.Length == IdSize && ErasureJobRow.Decode(stored.Value) is var job && job.Done < job.Last) open.Add((stored, job));
        foreach (var (first, job) in open)
        {
            var (twins, stored, number, blocked) = (new Twins(this, job.Upload), first, job.Done + 1, (ulong?)null);
            while (number <= job.Last)
            {
                // A set: two lines may name the same user.
                var (destroyed, until) = (new HashSet<RowKey>(), Math.Min(number + Stride, job.Last + 1));
                while (number < until && destroyed.Count < most)
                {
                    // As many as there is room for.
                    var count = Math.Min(most - destroyed.Count, (int)(until - number));
                    var begin = number;
                    var lines = await SideBySide.RunAsync(Enumerable.Range(0, count), (i, haveRead) => EraseAsync(job, begin + (ulong)i, twins, haveRead, ct));
                    foreach (var (keyRow, damage) in lines)
                    {
                        if (keyRow is { } known) destroyed.Add(known);
                        if (damage is not null)
                        {
                            blocked ??= number;
                            block(damage);
                        }

                        number++;
                    }
                }

                if (!await TryWriteAsync(new RowWrite.Replace(stored, (job with { Done = (blocked ?? number) - 1 }).Encode()), ct)) break;
                if (await _context.Keys.ReadAsync(stored.Key, ct) is not { } next) break;
                stored = next;
                yield return [.. destroyed];
            }
        }
    }

    /// <summary>Removes jobs that were done 30 days ago, and lines that no job has.</summary>
    /// <param name="before">How old such a line must be, in seconds since 1970.</param>
    /// <param name="ct">Stops between rows.</param>
    internal async ValueTask SweepAsync(ulong before, CancellationToken ct)
    {
        var (live, expired) = (new HashSet<Hash256>(), new List<(Row Row, ErasureJobRow Job)>());
        await foreach (var row in _context.Keys.ScanAsync(Table.ErasureJobs, ct))
        {
            if (row.Key.Id.Length != IdSize) continue;
            var job = ErasureJobRow.Decode(row.Value);
            if (job.Done >= job.Last && job.RequestedAt + (ulong)Kept.TotalSeconds <= _context.NowSeconds) expired.Add((row, job));
            else live.Add(UploadOf(job.Upload));
        }

        foreach (var (row, job) in expired)
        {
            // The job first: without it, its lines are strays, whatever happens now.
            var isDone = await ReadAsync(row.Key.Id, job.App, 0, 0, ct) is { Pending: 0 };
            if (!isDone || await _context.Keys.WriteAsync([new RowWrite.Delete(row)], ct) is not WriteResult.Written) live.Add(UploadOf(job.Upload));
        }

        var strays = new List<RowWrite>();
        await foreach (var row in _context.Keys.ScanAsync(Table.ErasureJobs, ct))
        {
            if (row.Key.Id.Length == IdSize || live.Contains(UploadOf(row.Key.Id[..IdSize])) || (ulong)row.WrittenHour * 3600 > before) continue;
            strays.Add(new RowWrite.Remove(row.Key));
        }

        foreach (var some in strays.Chunk(Batch)) await _context.Keys.WriteAsync(some, ct);
    }

    private async Task<(RowKey? KeyRow, string? Damage)> EraseAsync(ErasureJobRow job, ulong number, Twins twins, Task haveRead, CancellationToken ct)
    {
        try
        {
            return await _context.Keys.ReadAsync(LineKey(job.Upload, (int)number), ct) is { } line
                ? (await EraseAsync(job, line, ErasureJobLine.Decode(line.Value), twins, haveRead, ct), null)
                : default;
        }
        catch (RowDamagedException damaged)
        {
            return (null, damaged.Message);
        }
    }

    private async ValueTask<RowKey?> EraseAsync(ErasureJobRow job, Row stored, ErasureJobLine line, Twins twins, Task haveRead, CancellationToken ct)
    {
        if (line.State != ErasureJobLine.Waiting) return null;
        var subject = new RowKey(Table.Subjects, line.Subject);
        if (await _context.Keys.ReadAsync(subject, ct) is { } lookup)
        {
            var account = _context.Lookups.Open(lookup);
            var keyRow = _context.Lookups.Ids.KeyRow(account);
            var found = new RowWrite.Replace(stored, (line with { State = ErasureJobLine.Found, KeyRow = keyRow.Id }).Encode());
            var request = new ErasureRow
            {
                Phase = ErasurePhase.Erasing, Id = ErasureId.Draw(_context.Random), App = job.App, RequestedBy = ErasureRequester.Operator,
                RequestedAt = job.RequestedAt, Account = account,
            };
            var isDestroyed = await _eraser.DestroyAsync(keyRow, request, subject, [found], haveRead, ct);
            // Its lookup is still there: somebody else's erasure of it is under way, with a receipt of its own.
            if (isDestroyed || await _context.Keys.ReadAsync(keyRow, ct) is not null)
            {
                if (!isDestroyed) await TryWriteAsync(found, ct);
                twins.Add(line.Subject, keyRow.Id);
                return keyRow;
            }
        }

        // The same user in another line of the job?
        var next = await twins.FindAsync(line.Subject, ct) is { } same
            ? line with { State = ErasureJobLine.Found, KeyRow = same }
            : line with { State = ErasureJobLine.Unknown };
        await haveRead;
        await TryWriteAsync(new RowWrite.Replace(stored, next.Encode()), ct);
        return null;
    }

    // False where somebody was faster.
    private async ValueTask<bool> TryWriteAsync(RowWrite write, CancellationToken ct) => await _context.Keys.WriteAsync([write], ct) switch
    {
        WriteResult.Unavailable(_, var reason) => throw new StoreUnavailableException(reason, "what came of a job's line cannot be written"),
        var result => result is WriteResult.Written,
    };

    private async ValueTask RemoveLinesAsync(byte[] upload, CancellationToken ct)
    {
        var strays = new List<RowWrite>();
        await foreach (var row in _context.Keys.ScanOwnerAsync(Table.ErasureJobs, upload, ct)) strays.Add(new RowWrite.Remove(row.Key));
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

    private static Hash256 UploadOf(ReadOnlyMemory<byte> upload) => Hash256.Of(upload.Span);

    // Which erasure a user's line led to, read once: a line for each of 100,000 strangers must not read all the others. Many ask at once.
    private sealed class Twins(ErasureJobs jobs, ReadOnlyMemory<byte> upload)
    {
        private readonly ConcurrentDictionary<Hash256, ReadOnlyMemory<byte>> _found = [];
        private readonly Lock _lock = new();
        private Task? _reading;

        public void Add(ReadOnlyMemory<byte> subject, ReadOnlyMemory<byte> keyRow) => _found.TryAdd(new Hash256(subject.Span), keyRow);

        public async ValueTask<ReadOnlyMemory<byte>?> FindAsync(ReadOnlyMemory<byte> subject, CancellationToken ct)
        {
            Task reading;
            lock (_lock) reading = _reading ??= ReadAsync(ct);
            await reading;
            return _found.TryGetValue(new Hash256(subject.Span), out var keyRow) ? keyRow : (ReadOnlyMemory<byte>?)null;
        }

        private async Task ReadAsync(CancellationToken ct)
        {
            await Task.Yield();
            await foreach (var row in jobs._context.Keys.ScanOwnerAsync(Table.ErasureJobs, upload, ct))
                if (ErasureJobLine.Decode(row.Value) is { State: ErasureJobLine.Found } line) Add(line.Subject, line.KeyRow);
        }
    }
}
