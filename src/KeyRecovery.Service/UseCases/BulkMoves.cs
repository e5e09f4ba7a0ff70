using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// Moves the accounts of many users, each as <see cref="AccountMover"/> moves one. No job is kept: a line is its own
/// key, and says when it is sent again that it is done. So no store holds a list of people.
/// </summary>
public sealed class BulkMoves
{
    /// <summary>The most lines of a request.</summary>
    public const int MostLines = 200;

    private const int AtOnce = 16;

    private readonly ServiceContext _context;
    private readonly AccountMover _mover;

    internal BulkMoves(ServiceContext context, AccountMover mover) => (_context, _mover) = (context, mover);

    /// <summary>
    /// The first line that names a user whom a line before it names; null where there is none. With such a line, what a
    /// list does would hang on its order, and be another thing when it is sent again.
    /// </summary>
    /// <param name="lines">The lines.</param>
    /// <returns>Its index, from 0.</returns>
    public int? FindRepeated(IReadOnlyList<MoveLine> lines)
    {
        var named = new HashSet<AppUser>();
        for (var i = 0; i < lines.Count; i++)
        {
            var (from, to) = (_context.Names.Of(lines[i].From)[0], _context.Names.Of(lines[i].To)[0]);
            if (!named.Add(from) || (from != to && !named.Add(to))) return i;
        }

        return null;
    }

    /// <summary>Moves them, or tells what would come of it.</summary>
    /// <param name="lines">At most <see cref="MostLines"/>, of which none is repeated.</param>
    /// <param name="isDry">Whether nothing is written.</param>
    /// <param name="ct">Cancels what was not yet written.</param>
    /// <returns>What came of each line, in order.</returns>
    public async Task<IReadOnlyList<MoveLineResult>> RunAsync(
        IReadOnlyList<MoveLine> lines, bool isDry, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lines.Count, MostLines);
        var results = new MoveLineResult[lines.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct };
        await Parallel.ForAsync(
            0, lines.Count, options, async (i, stop) => results[i] = await MoveAsync(lines[i], isDry, stop));
        return results;
    }

    private async ValueTask<MoveLineResult> MoveAsync(MoveLine line, bool isDry, CancellationToken ct)
    {
        var result = MoveLineResult.Unknown;
        if (await _context.Names.FindAsync(line.From, ct) is { } lookup)
        {
            var to = line.To;
            var order = new MoveOrder(to.App, to.Issuer, to.Subject) { Whose = line.From, IsDry = isDry };
            result = ResultOf(await _mover.MoveAsync(_context.Lookups.Open(lookup), order, ct));
        }

        return result == MoveLineResult.Unknown && await HasAccountAsync(line.To, ct) ? MoveLineResult.Same : result;
    }

    private async ValueTask<bool> HasAccountAsync(AppUser user, CancellationToken ct) =>
        await _context.Names.FindAsync(user, ct) is { } lookup
        && await _context.Keys.ReadAsync(_context.Lookups.Ids.KeyRow(_context.Lookups.Open(lookup)), ct) is { } row
        && KeyRow.Decode(row.Value).State == KeyRowState.Live;

    private static MoveLineResult ResultOf(Outcome<bool> outcome) => outcome switch
    {
        Outcome<bool>.Done(true) => MoveLineResult.Moved,
        Outcome<bool>.Done => MoveLineResult.Same,
        Outcome<bool>.Failed(var failure) => failure.Code switch
        {
            ErrorCode.NotFound => MoveLineResult.Unknown,
            ErrorCode.AccountExists => MoveLineResult.Taken,
            ErrorCode.Erased => MoveLineResult.Erased,
            ErrorCode.Conflict or ErrorCode.VaultLost => MoveLineResult.Lost,
            ErrorCode.LimitReached => MoveLineResult.Full,
            _ => MoveLineResult.Failed,
        },
        _ => MoveLineResult.Failed,
    };
}
