using System.Runtime.CompilerServices;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Export;

/// <summary>What the key store holds on an account and on its user: point reads, each of a row that another names.
/// </summary>
internal sealed class ExportKeyReader(
    ServiceContext context, ErasureRows erasures, AccountState state, RowKey keyRowKey)
{
    private readonly SortedDictionary<int, (Table Table, int Rows)> _counts = [];

    /// <summary>How many rows of each table were found.</summary>
    public IEnumerable<(Table Table, int Rows)> Counts => _counts.Values;

    public async IAsyncEnumerable<ExportPart> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        Count(Table.KeyRows, 1);
        foreach (var table in new[]
        {
            Table.Subjects, Table.Slots, Table.RealmSlots, Table.RealmSubjects, Table.RealmAccounts, Table.Erasures,
            Table.AppAccounts,
        }) Count(table, 0);
        var ids = context.Lookups.Ids;
        // Under each name that the issuer has or had: a user may stand under any of them until moved.
        foreach (var subject in context.Names.PlacesOf(state.User))
            if (await LeadsHereAsync(subject, ct)) yield return new ExportPart.Lookup("subject", null);
        if (await LeadsHereAsync(ids.AppAccount(state.User.App, state.Account), ct))
            yield return new ExportPart.Lookup("app", null);
        foreach (var slot in state.Authorities.Values.Where(a => a.IsSlot))
            if (await LeadsHereAsync(ids.Slot(slot.Id), ct))
                yield return new ExportPart.Lookup("slot", slot.Id.ToString());
        foreach (var subject in context.Names.PlacesOf(state.User))
        {
            if (await FindAsync(RowIds.RealmSubject(subject), ct) is not { } user) continue;
            await foreach (var part in RealmAsync(RealmSubjectRow.Decode(user.Value), ct)) yield return part;
        }

        if ((await erasures.ReadAsync(keyRowKey, ct)).Row is not { } erasure) yield break;
        Count(Table.Erasures, 1);
        yield return new ExportPart.Erasure(
            erasure.Id.ToString(), ExportReader.Word(erasure.Phase), ExportReader.Word(erasure.RequestedBy),
            erasure.RequestedAt, erasure.DueAt, erasure.Round, erasure.Asker?.ToString(),
            [.. erasure.Cancellers.Select(canceller => canceller.Id.ToString())], erasure.Untold.Length);
    }

    private async IAsyncEnumerable<ExportPart> RealmAsync(
        RealmSubjectRow user, [EnumeratorCancellation] CancellationToken ct)
    {
        yield return new ExportPart.RealmUser(
            user.Slots.Length, user.Accounts.Length, user.Day, user.Registrations, user.ClosedBy is not null);
        var names = new Dictionary<RowKey, (AuthorityId Slot, string State)>();
        var accounts = new List<ExportPart>();
        foreach (var key in user.Accounts)
        {
            if (await FindAsync(key, ct) is not { } stored) continue;
            var account = RealmAccountRow.Decode(stored);
            foreach (var slot in account.Slots)
                names[context.Lookups.Ids.RealmSlot(slot.Slot)] =
                    (slot.Slot, ExportReader.Word(account.StateOf(slot.Slot, context.Now)));
            accounts.Add(new ExportPart.RealmAccount(
                account.App, account.View is { } view ? ExportReader.Text(view.Head.Bytes) : null,
                account.View?.Active.Count ?? 0, account.Slots.Length, account.ReceiptAt,
                account.View?.Contradicting is { } other ? ExportReader.Text(other.Bytes) : null));
        }

        foreach (var part in accounts) yield return part;
        foreach (var key in user.Slots)
        {
            if (await FindAsync(key, ct) is not { } stored) continue;
            var slot = RealmSlotRow.Decode(stored.Value);
            var (name, standing) = names.TryGetValue(key, out var known) ? (known.Slot.ToString(), known.State)
                : ((string?)null, "destroyed");
            yield return new ExportPart.RealmSlot(
                name, slot.IsDestroyed ? "destroyed" : standing, slot.App, slot.Attempts.Count, slot.LastAttemptMs,
                slot.RefusedAt, slot.Round,
                [.. slot.Events.All().Select(e => new ExportPart.RealmGuess(e.At, ExportReader.Word(e.Kind)))]);
        }
    }

    private async ValueTask<bool> LeadsHereAsync(RowKey lookup, CancellationToken ct) =>
        await FindAsync(lookup, ct) is { } row && context.Lookups.Open(row) == state.Account;

    private async ValueTask<Row?> FindAsync(RowKey key, CancellationToken ct)
    {
        var row = await context.Keys.ReadAsync(key, ct);
        if (row is not null) Count(key.Table, 1);
        return row;
    }

    private void Count(Table table, int rows) =>
        _counts[table.Number] = (table, _counts.GetValueOrDefault(table.Number).Rows + rows);
}
