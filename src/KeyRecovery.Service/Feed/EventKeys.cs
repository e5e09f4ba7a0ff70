using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Feed;

/// <summary>Opens the keys under which events of an account are sealed.</summary>
internal sealed class EventKeys(IKeyStore keys, SubjectKeys subjectKeys)
{
    /// <summary>An account's; null where it is erased, or not there. The caller disposes it.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask<AccountRows?> OpenAsync(RowKey keyRow, CancellationToken ct)
    {
        if (await keys.ReadAsync(keyRow, ct) is not { } stored) return null;
        var row = KeyRow.Decode(stored.Value);
        if (row.State == KeyRowState.Erased || row.WrappedSubjectKey.IsEmpty) return null;
        try
        {
            return await subjectKeys.OpenAsync(keyRow, row, ct);
        }
        catch (Exception gone) when (gone is AccountErasedException or RowDamagedException)
        {
            return null;
        }
    }
}
