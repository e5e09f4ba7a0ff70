using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Gate;

/// <summary>
/// The newest removal, remembered in the key row, where a data store restored from a backup cannot forget it. It only
/// advances.
/// </summary>
internal static class MinChain
{
    private const int Attempts = 8;

    /// <summary>
    /// Whether <paramref name="reached"/> lacks the removal that the key row remembers: the data were rolled back.
    /// </summary>
    public static bool IsBehind(ChainPlace? reached, ChainPlace? minChain) =>
        minChain is { } min
            && (reached is not { } place || place.Sequence < min.Sequence
                || (place.Sequence == min.Sequence && place.Hash != min.Hash));

    /// <summary>
    /// Brings the key row up to the newest removal and to the live state. Null when that is done. With <paramref
    /// name="touch"/> the row moves on in any case: an erasure that read the chain before must read it again.
    /// </summary>
    public static async ValueTask<ServiceFailure?> AdvanceAsync(
        IKeyStore keys, RowKey key, ChainPlace? removal, CancellationToken ct, bool touch = false)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await keys.ReadAsync(key, ct) is not { } stored) return new ServiceFailure(ErrorCode.Unavailable);
            var row = KeyRow.Decode(stored.Value);
            if (row.State == KeyRowState.Erased) return new ServiceFailure(ErrorCode.Erased);
            var behind = removal is { } newest && (row.MinChain is not { } min || min.Sequence < newest.Sequence);
            if (row.State == KeyRowState.Live && !behind && !touch) return null;

            var next = row with { State = KeyRowState.Live, MinChain = behind ? removal : row.MinChain };
            switch (await keys.WriteAsync([new RowWrite.Replace(stored, next.Encode())], ct))
            {
                case WriteResult.Written:
                    return null;
                case WriteResult.Unavailable(_, var reason):
                    return ServiceFailure.Of(reason);
            }
        }
        return new ServiceFailure(ErrorCode.Unavailable);
    }
}
