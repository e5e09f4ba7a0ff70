using System.Runtime.CompilerServices;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Takes the rows of accounts whose keys are destroyed out of the data store: a fence in the account row's place, then
/// the rows, until a look that began behind the fence finds none.
/// </summary>
internal sealed class RowRemoval(ServiceContext context)
{
    // A writer deletes so many at once; commits wait for no more.
    private const int Batch = 128;

    /// <exception cref="StoreUnavailableException">The data store cannot do it.</exception>
    public async Task RunAsync(IReadOnlyList<ErasurePlan> accounts, CancellationToken ct)
    {
        while (accounts.Count > 0)
        {
            var (left, batches, size) = (new List<ErasurePlan>(), new List<List<RowWrite>>(), 0);
            foreach (var account in accounts)
            {
                await foreach (var batch in PlanAsync(account, ct))
                {
                    if (size + batch.Count > Batch) size = await WriteAsync(batches, ct);
                    batches.Add(batch);
                    size += batch.Count;
                    if (left.Count == 0 || !ReferenceEquals(left[^1], account)) left.Add(account);
                }
            }

            await WriteAsync(batches, ct);
            // What was written here was looked for before the fence, or while it was written: they are looked at again.
            accounts = left;
        }
    }

    /// <summary>Whether any row is left beside the fence.</summary>
    public async ValueTask<bool> IsAnyLeftAsync(ErasurePlan account, CancellationToken ct)
    {
        if (await context.Data.ReadAsync(account.AccountRow, ct) is { } row && !AccountFence.Is(row)) return true;
        foreach (var table in context.Tables.OwnedByAccounts)
            await foreach (var _ in context.Data.ListOwnerAsync(table, account.Locator, ct)) return true;
        return false;
    }

    // The fence, where it is not there yet, and the removal of all rows, in batches.
    private async IAsyncEnumerable<List<RowWrite>> PlanAsync(
        ErasurePlan account, [EnumeratorCancellation] CancellationToken ct)
    {
        var stored = await context.Data.ReadAsync(account.AccountRow, ct);
        if (stored is null || !AccountFence.Is(stored)) yield return [AccountFence.Write(account.AccountRow, stored)];
        var batch = new List<RowWrite>();
        foreach (var table in context.Tables.OwnedByAccounts)
        {
            await foreach (var found in context.Data.ListOwnerAsync(table, account.Locator, ct))
            {
                batch.Add(new RowWrite.Remove(found.Key));
                if (batch.Count < Batch) continue;
                yield return batch;
                batch = [];
            }
        }

        if (batch.Count > 0) yield return batch;
    }

    // Each account's for itself, in commits that they share. A refusal is a race, and looked at again.
    private async ValueTask<int> WriteAsync(List<List<RowWrite>> batches, CancellationToken ct)
    {
        foreach (var result in await Task.WhenAll(batches.Select(b => WriteAsync(b, ct).AsTask())))
            if (result is WriteResult.Unavailable(_, var reason))
                throw new StoreUnavailableException(reason, "rows cannot be deleted");
        batches.Clear();
        return 0;
    }

    private ValueTask<WriteResult> WriteAsync(List<RowWrite> batch, CancellationToken ct) =>
        batch is [RowWrite.Remove, ..]
            ? context.Data.WriteAnyOrderAsync(batch, ct) : context.Data.WriteAsync(batch, ct);
}
