using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Realms;

/// <summary>
/// What an erasure does to the realm's rows of a user: first it closes the user's row, then it destroys what that row
/// names, then it closes the rows of the accounts, so that whatever is live is named. A registration names its slot
/// before it writes it, so one of the two sees the other.
/// </summary>
internal static class RealmErasure
{
    /// <summary>Plans what is left to do, from fresh reads; empty where nothing is.</summary>
    /// <param name="keys">The key store.</param>
    /// <param name="keyRow">The account's key row, by which the erasure is known.</param>
    /// <param name="subjects">The rows of the account's user; none where nobody knows whose it is.</param>
    /// <param name="slots">Passphrase slots that stood in its chain: the places of their rows here, and their signing
    /// keys.</param>
    /// <param name="ct">Cancels.</param>
    public static async ValueTask<IReadOnlyList<RowWrite>> PlanAsync(
        IKeyStore keys, RowKey keyRow, IEnumerable<RowKey> subjects,
        IEnumerable<(RowKey Row, ReadOnlyMemory<byte> SigningKey)> slots,
        CancellationToken ct)
    {
        var writes = new List<RowWrite>();
        HashSet<RowKey> owned = [], accounts = [];
        foreach (var known in subjects)
        {
            var (row, stored) = await ReadAsync(keys, known, ct);
            owned.UnionWith(row.Slots);
            accounts.UnionWith(row.Accounts);
            if (row.ClosedBy != keyRow) writes.Add(Write(known, stored, row with { ClosedBy = keyRow }));
        }

        // A named slot without a row is being registered: a row of a slot that is gone refuses it.
        foreach (var slot in owned)
        {
            if (await keys.ReadAsync(slot, ct) is not { } found) writes.Add(Gone(slot, null));
            else if (!RealmSlotRow.Decode(found.Value).IsDeleted) writes.Add(Gone(slot, found));
        }

        foreach (var (slot, key) in slots)
        {
            if (owned.Contains(slot) || await keys.ReadAsync(slot, ct) is not { } found) continue;
            var row = RealmSlotRow.Decode(found.Value);
            // The id alone would let an account destroy another's share by naming its slot in its own chain.
            if (row.IsDeleted || !row.SigningKey.Span.SequenceEqual(key.Span)) continue;
            accounts.Add(new RowKey(Table.RealmAccounts, row.Account));
            writes.Add(Gone(slot, found));
        }

        // What is being registered writes the account's row after the user's: one that is closed refuses it.
        foreach (var account in accounts) await CloseAsync(keys, account, writes, ct);

        return writes;
    }

    /// <summary>Lets the user register again; null where the row is not closed by this erasure.</summary>
    public static async ValueTask<RowWrite?> PlanReopeningAsync(
        IKeyStore keys, RowKey keyRow, RowKey subject, CancellationToken ct)
    {
        var (row, stored) = await ReadAsync(keys, subject, ct);
        return row.ClosedBy == keyRow ? new RowWrite.Delete(stored!) : null;
    }

    private static async ValueTask<(RealmSubjectRow Row, Row? Stored)> ReadAsync(
        IKeyStore keys, RowKey subject, CancellationToken ct)
    {
        var stored = await keys.ReadAsync(subject, ct);
        return (stored is null ? RealmSubjectRow.Empty : RealmSubjectRow.Decode(stored.Value), stored);
    }

    private static RowWrite Write(RowKey subject, Row? was, RealmSubjectRow row) =>
        was is null ? new RowWrite.Create(subject, row.Encode()) : new RowWrite.Replace(was, row.Encode());

    private static async ValueTask CloseAsync(
        IKeyStore keys, RowKey account, List<RowWrite> writes, CancellationToken ct)
    {
        var found = await keys.ReadAsync(account, ct);
        if (found is null || RealmAccountRow.Decode(found).View is not null)
            writes.Add(RealmAccountRow.Closed.Write(account, found));
    }

    private static RowWrite Gone(RowKey slot, Row? was) => was is null
        ? new RowWrite.Create(slot, RealmSlotRow.Deleted.Encode())
        : new RowWrite.Replace(was, RealmSlotRow.Deleted.Encode());
}
