using System.Collections.Immutable;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Operators' erasures in bulk (docs/protocol.md §15.3): filed and told of here, carried out by
/// <see cref="ErasureJobRun"/>. A job is stored whole before it is accepted, with line numbers and keyed hashes. Write
/// order: lines; the job's row; the first line once more. Whoever sweeps lines that have no job deletes the first line
/// before the others, by the token that it read before it looked for a job: so one of the two is refused.
/// </summary>
public sealed class ErasureJobs
{
    private const int Batch = 256;
    private const int Attempts = 8;

    private readonly ServiceContext _context;
    private readonly ErasureJobRows _rows;

    internal ErasureJobs(ServiceContext context, ErasureJobRows rows) => (_context, _rows) = (context, rows);

    /// <summary>Stores a job.</summary>
    /// <param name="users">Each user with the number of its line, ascending from 1; at most 100,000.</param>
    /// <param name="app">The app.</param>
    /// <param name="after">
    /// The id of the job after which this one is filed, part of its name: 16 bytes, or empty. It need not be there.
    /// </param>
    /// <param name="content">SHA-256 of what was sent, asked for at the end: the same again is the same job.</param>
    /// <param name="ct">Cancels; a job that was not stored whole is none.</param>
    /// <returns>The job's id and how many users it names.</returns>
    public async ValueTask<Outcome<(ReadOnlyMemory<byte> Job, int Lines)>> FileAsync(
        IAsyncEnumerable<(int Line, AppUser User)> users, string app, ReadOnlyMemory<byte> after, Func<Hash256> content,
        CancellationToken ct)
    {
        var upload = new byte[ErasureJobRows.IdSize];
        _context.Random.Fill(upload);
        var isStray = true;
        try
        {
            var (lines, failed) = await StoreLinesAsync(upload, users, ct);
            if (failed is { } reason) return ServiceFailure.Of(reason);
            var id = _rows.IdOf(app, content(), after);
            // From here on nobody can tell that the job is not there: its lines are left to the sweep.
            isStray = false;
            var accepted = await AcceptAsync(id, ErasureJobRow.New(app, _context.Now.Latest, lines, upload), ct);
            isStray = accepted is Acceptance.Twin;
            return accepted is Acceptance.No(var failure) ? failure : (new ReadOnlyMemory<byte>(id), lines);
        }
        finally
        {
            // What was stored of one that is malformed, cut short or there already. The sweep finds what a crash
            // leaves.
            if (isStray) await RemoveLinesAsync(_context.Keys, upload, CancellationToken.None);
        }
    }

    /// <summary>
    /// How a job of an app stands, with the outcomes of some lines; null where the app has no such job.
    /// </summary>
    /// <param name="id">The job's id.</param>
    /// <param name="app">The app.</param>
    /// <param name="after">Leaves out the lines up to this number.</param>
    /// <param name="limit">How many outcomes; with 0 one row is read, whatever the job's size.</param>
    /// <param name="ct">Cancels.</param>
    public async ValueTask<ErasureJobReport?> ReadAsync(
        ReadOnlyMemory<byte> id, string app, int after, int limit, CancellationToken ct)
    {
        if (id.Length != ErasureJobRows.IdSize) return null;
        var (job, _) = await _rows.ReadAsync(id, ct);
        if (job?.App != app) return null;
        var outcomes = ImmutableArray.CreateBuilder<ErasureLineOutcome>();
        var first = limit == 0 ? 0 : await FindAsync(job, after, ct);
        for (var number = first; outcomes.Count < limit && number <= job.Lines; number++)
            outcomes.Add(await _rows.OutcomeAsync(job, number, ct));
        return new ErasureJobReport(
            job.RequestedAt, job.Lines, job.Erased, job.Unknown, job.Lines - job.Erased - job.Unknown,
            job.Returned, outcomes.ToImmutable());
    }

    /// <summary>Deletes all lines of an upload.</summary>
    internal static async ValueTask RemoveLinesAsync(IKeyStore keys, ReadOnlyMemory<byte> upload, CancellationToken ct)
    {
        var lines = new List<RowWrite>();
        await foreach (var row in keys.ListOwnerAsync(Table.ErasureLines, upload, ct))
            lines.Add(new RowWrite.Remove(row.Key));
        foreach (var some in lines.Chunk(Batch)) await keys.WriteAsync(some, ct);
    }

    // A user that is named again gets no line of its own: it is told by the first one.
    private async ValueTask<(int Lines, StoreFault? Failed)> StoreLinesAsync(
        byte[] upload, IAsyncEnumerable<(int Line, AppUser User)> users, CancellationToken ct)
    {
        var (batch, lines, known) = (new List<RowWrite>(Batch), 0, new Dictionary<Hash256, int>());
        await foreach (var (line, user) in users.WithCancellation(ct))
        {
            lines++;
            var names = _context.Names.PlacesOf(user);
            var subject = names[0].Id;
            var row = new ErasureLineRow(line, subject) { Former = [.. names.Skip(1).Select(place => place.Id)] };
            if (!known.TryAdd(new Hash256(subject.Span), lines))
                row = row with { State = LineState.Same, First = known[new Hash256(subject.Span)] };
            batch.Add(new RowWrite.Create(ErasureJobRows.PlaceOf(upload, lines), row.Encode()));
            if (batch.Count < Batch) continue;
            if (await _context.Keys.WriteAsync(batch, ct) is WriteResult.Unavailable(_, var full)) return (lines, full);
            batch = new List<RowWrite>(Batch);
        }

        return batch.Count > 0 && await _context.Keys.WriteAsync(batch, ct) is WriteResult.Unavailable(_, var reason)
            ? (lines, reason)
            : (lines, null);
    }

    // A job names the accounts that its users had (F23): the same file again is the same job, which erases nobody who
    // has come back since, and says so.
    private async ValueTask<Acceptance> AcceptAsync(byte[] id, ErasureJobRow job, CancellationToken ct)
    {
        ServiceFailure? unknown = null;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var (there, stored) = await _rows.ReadAsync(id, ct);
            var upload = (there ?? job).Upload;
            var isOwn = upload.Span.SequenceEqual(job.Upload.Span);
            if (await _context.Keys.ReadAsync(ErasureJobRows.PlaceOf(upload, 1), ct) is not { } first)
            {
                // A sweep took the lines while it was filed. Nobody was told of it: it goes, or it would stay for ever.
                if (stored is not null) await _context.Keys.WriteAsync([new RowWrite.Delete(stored)], ct);
                if (isOwn) return new Acceptance.No(new ServiceFailure(ErrorCode.Unavailable));
                continue;
            }

            var touch = new RowWrite.Replace(first, first.Value);
            RowWrite[] writes = there is null ? [new RowWrite.Create(ErasureJobRows.PlaceOf(id), job.Encode()), touch]
                : isOwn ? [touch]
                : [new RowWrite.Replace(stored!, there.Again(job.RequestedAt).Encode()), touch];
            switch (await _context.Keys.WriteAsync(writes, ct))
            {
                case WriteResult.Written:
                    return isOwn ? new Acceptance.Yes() : new Acceptance.Twin();
                case WriteResult.Unavailable(_, var reason):
                    unknown = ServiceFailure.Of(reason);
                    break;
            }
        }

        return new Acceptance.No(unknown ?? new ServiceFailure(ErrorCode.Unavailable));
    }

    // The first stored line whose number in what was sent is larger: numbers ascend, so that it is found by halves.
    private async ValueTask<int> FindAsync(ErasureJobRow job, int after, CancellationToken ct)
    {
        var (low, high) = (1, job.Lines + 1);
        while (after > 0 && low < high)
        {
            var middle = low + (high - low) / 2;
            if ((await _rows.LineAsync(job, middle, ct)).Line.Line > after) high = middle;
            else low = middle + 1;
        }

        return low;
    }

    private abstract record Acceptance
    {
        /// <summary>It is stored.</summary>
        public sealed record Yes : Acceptance;

        /// <summary>It was filed before, with lines of its own.</summary>
        public sealed record Twin : Acceptance;

        /// <summary>It could not be stored, or nobody can tell.</summary>
        public sealed record No(ServiceFailure Failure) : Acceptance;
    }
}
