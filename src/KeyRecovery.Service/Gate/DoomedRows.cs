using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Gate;

/// <summary>
/// Deletes the seals of whoever was removed, and says so in the account row: before the removal is answered, and before
/// anything is answered where the process died in between.
/// </summary>
internal static class DoomedRows
{
    /// <summary>Deletes what the account row as it is now dooms. Null when that is done.</summary>
    public static async ValueTask<ServiceFailure?> FinishAsync(IDataStore data, AccountRows rows, CancellationToken ct)
    {
        if (await data.ReadAsync(rows.Account, ct) is not { } stored || AccountFence.Is(stored)) return null;
        var state = AccountRow.Decode(rows.Open(stored));
        if (state.Doomed.IsEmpty) return null;
        List<RowWrite> writes =
        [
            .. state.Doomed.Select(doomed => new RowWrite.Remove(rows.Of(doomed))),
            rows.Write(rows.Account, stored, (state with { Doomed = [] }).Encode()),
        ];
        // Refused is the account row alone: somebody has written it since, and finds the same rows doomed, and gone.
        return await data.WriteAsync(writes, ct) is WriteResult.Unavailable(var index, var reason)
            && index < state.Doomed.Length ? ServiceFailure.Of(reason) : null;
    }
}
