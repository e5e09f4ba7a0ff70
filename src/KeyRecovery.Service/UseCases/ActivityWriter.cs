using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// Adds to an account's activity what no commit brings: what was tried, and what rows of the key store have decided.
/// Heads and everything else of the account stay.
/// </summary>
internal sealed class ActivityWriter(ServiceContext context)
{
    private const int Attempts = 8;

    /// <summary>Adds entries that other rows have decided; those that are there already are not added again.</summary>
    /// <returns>Whether they are there now: the account may be lost, or change all the time.</returns>
    /// <exception cref="RowDamagedException">The account does not open.</exception>
    /// <exception cref="AccountErasedException">It was erased.</exception>
    /// <exception cref="StoreUnavailableException">The data store cannot do it.</exception>
    public ValueTask<bool> AddAsync(
        AccountRows rows, IReadOnlyList<ReadOnlyMemory<byte>> entries, CancellationToken ct) =>
        WriteAsync(rows, (_, state) => new Addition(
            [.. entries.Where(entry => !Has(state.Activity, entry))], null), ct);

    /// <summary>Adds what the account's row itself decides, and has the log tell of it.</summary>
    /// <param name="rows">The account's rows.</param>
    /// <param name="tell">What is to be told of an account as it stands; null where nothing is.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>As above.</returns>
    /// <exception cref="RowDamagedException">The account does not open.</exception>
    /// <exception cref="AccountErasedException">It was erased.</exception>
    /// <exception cref="StoreUnavailableException">The data store cannot do it.</exception>
    public async ValueTask<bool> TellAsync(
        AccountRows rows, Func<AccountState, Protocol.Audit.Log.AuditDetail?> tell, CancellationToken ct)
    {
        var isTold = await WriteAsync(rows, (stored, state) =>
        {
            if (tell(state) is not { } detail) return new Addition([], null);
            var logged = Logged(detail, rows, stored, state);
            return new Addition([logged.Entry], logged);
        }, ct);
        if (isTold) context.Log.Wake();
        return isTold;
    }

    /// <summary>Changes what stands in the account's row, and tells of it there and in the log.</summary>
    /// <param name="rows">The account's rows.</param>
    /// <param name="change">The next state and what is told of it; null where nothing is to be changed.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Whether it was changed here.</returns>
    /// <exception cref="RowDamagedException">The account does not open.</exception>
    /// <exception cref="AccountErasedException">It was erased.</exception>
    /// <exception cref="StoreUnavailableException">The data store cannot do it.</exception>
    public async ValueTask<bool> ChangeAsync(
        AccountRows rows, Func<AccountState, (AccountState Next, Protocol.Audit.Log.AuditDetail Told)?> change,
        CancellationToken ct)
    {
        var isChanged = false;
        var isDone = await WriteAsync(rows, (stored, state) =>
        {
            isChanged = false;
            if (change(state) is not var (next, told)) return new Addition([], null);
            isChanged = true;
            var logged = Logged(told, rows, stored, state);
            return new Addition([logged.Entry], logged) { Next = next };
        }, ct);
        if (isDone && isChanged) context.Log.Wake();
        return isDone && isChanged;
    }

    private async ValueTask<bool> WriteAsync(
        AccountRows rows, Func<Row, AccountState, Addition> plan, CancellationToken ct)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await context.Data.ReadAsync(rows.Account, ct) is not { } stored) return false;
            var state = AccountRow.Decode(rows.Open(stored));
            var addition = plan(stored, state);
            var (entries, logged) = addition;
            if (entries.Count == 0) return true;
            if (await ActivityAppend.OfAsync(context.Data, rows, state.Activity, entries, ct) is not { } added)
                continue;
            var next = ((addition.Next ?? state) with { Activity = added.Activity }).Encode();
            List<RowWrite> writes = [.. added.Writes];
            if (logged is not null) writes.Add(logged.Outbox);
            writes.Add(rows.Write(rows.Account, stored, next, logged?.Id));
            var decides = writes.Count - 1;
            writes.AddRange(added.Superseded);
            switch (await context.Data.WriteAsync(writes, ct))
            {
                case WriteResult.Refused(var index) when index <= decides:
                    continue;
                case WriteResult.Unavailable(var index, var reason) when index <= decides:
                    throw new StoreUnavailableException(reason, "an account's activity cannot be written");
                default:
                    return true;
            }
        }

        return false;
    }

    private LoggedChange Logged(
        Protocol.Audit.Log.AuditDetail told, AccountRows rows, Row stored, AccountState state) => LoggedChange.Of(
            told, rows, rows.Account, stored, context.Random,
            new FeedOf(state.User.App, context.Lookups.Ids.KeyRow(state.Account)));

    private static bool Has(ActivityList activity, ReadOnlyMemory<byte> entry) =>
        activity.Numbered().Any(known => known.Entry.Span.SequenceEqual(entry.Span));

    private readonly record struct Addition(IReadOnlyList<ReadOnlyMemory<byte>> Entries, LoggedChange? Logged)
    {
        /// <summary>The state that it changes to; null where nothing else changes.</summary>
        public AccountState? Next { get; init; }
    }
}
