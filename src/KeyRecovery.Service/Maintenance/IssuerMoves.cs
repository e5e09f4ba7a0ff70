using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Maintenance;

/// <summary>
/// Moves all accounts of apps whose issuer has a new name, while users work. The settings are the job: whoever is
/// killed begins anew and finds less to do, and a second pass finds nothing.
/// </summary>
public sealed class IssuerMoves
{
    private const int Batch = 256;
    private const int AtOnce = 16;

    private readonly ServiceContext _context;
    private readonly AccountMover _mover;

    internal IssuerMoves(ServiceContext context, AccountMover mover) => (_context, _mover) = (context, mover);

    /// <summary>Whether any app's issuer has had another name.</summary>
    public bool IsWanted => _context.Policies.Apps.Any(app => _context.Policies.Of(app).Issuers.Length > 1);

    /// <summary>One pass over all accounts.</summary>
    /// <param name="dryRun">Whether nothing is moved, and those that would be are counted.</param>
    /// <param name="ct">Stops between batches; another pass goes on.</param>
    /// <exception cref="Stores.StoreUnavailableException">A store cannot answer.</exception>
    public async Task<IssuerMovesReport> RunAsync(bool dryRun, CancellationToken ct)
    {
        var (report, batch) = (new IssuerMovesReport(), new List<(AccountId Account, AppUser To)>(Batch));
        await foreach (var account in _context.ScanAccountsAsync(ct, _ => report.Damaged++))
        {
            if (account.TryRead() is not { } state)
            {
                if (account.AccountRow is not null) report.Damaged++;
                continue;
            }

            var names = _context.Names.Of(state.User);
            if (names.Length == 1) continue;
            if (names[0] == state.User) report.There++;
            else batch.Add((state.Account, names[0]));
            if (batch.Count == Batch) await MoveAsync(batch, report, dryRun, ct);
        }

        await MoveAsync(batch, report, dryRun, ct);
        return report;
    }

    private async Task MoveAsync(
        List<(AccountId Account, AppUser To)> batch, IssuerMovesReport report, bool dryRun, CancellationToken ct)
    {
        await Parallel.ForEachAsync(
            batch, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (one, stop) =>
            {
                var order = new MoveOrder(one.To.App, one.To.Issuer, null) { IsDry = dryRun };
                report.Count(await _mover.MoveAsync(one.Account, order, stop));
            });
        batch.Clear();
    }
}
