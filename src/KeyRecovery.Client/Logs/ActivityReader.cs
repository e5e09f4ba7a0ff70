using KeyRecovery.Client.Vaults;

namespace KeyRecovery.Client.Logs;

/// <summary>Tells a person what was done to the account, as far as chain and log vouch for it.</summary>
internal sealed class ActivityReader(KeyRecoveryOptions options, VaultState state)
{
    /// <summary>The most entries of one call.</summary>
    public const int Most = 1_000;

    public async Task<Result<AccountActivity>> ReadAsync(ulong? before, int limit, CancellationToken ct)
    {
        if (limit is < 1 or > Most) return new ClientFailure.Invalid($"1 to {Most} entries can be had at once");
        var asker = new LogAsker(options.LogPolicy, state.Api, state.Keys, state.Vault.Account);
        var (entries, end) = (new List<LoggedEntry>(), before);
        LogView view;
        // One more than is asked for: what the last one brought shows against the one before it.
        do
        {
            var read = await asker.ReadAsync(
                state.Log, end, Math.Min(limit + 1 - entries.Count, LogAsker.MostEntries), ct);
            if (!read.TryGet(out view!, out var failure)) return await CaughtAsync(failure, ct);
            await state.KeepAsync(view.Log, ct);
            entries.AddRange(view.Entries);
            end = entries is [.., var last] ? last.Number : 0;
        }
        while (entries.Count <= limit && end > 0);

        if (ActivityFacts.Check(state.Vault, entries, before is null) is var fault and not ProtocolFault.None)
            return await CaughtAsync(new ClientFailure.ServerLied(fault), ct);
        return state.Read(open => new AccountActivity(
            [.. entries.Take(limit).Select((entry, i) => ActivityEntry.Of(
                open, state.Keys.Id, entry, entries.Skip(i + 1).FirstOrDefault(before => before.HasPlace)))])
        {
            Before = entries.Count > limit ? entries[limit - 1].Number : null,
            Log = view.Checkpoint?.Origin,
            LogSize = view.Checkpoint?.Size ?? 0,
        });
    }

    private async Task<ClientFailure> CaughtAsync(ClientFailure failure, CancellationToken ct)
    {
        if (LogCheck.FindingOf(failure, options.Time, state.Vault.Manifest.Manifest.Version) is { } finding)
            await state.KeepAsync(state.Log.With(finding), ct);
        return failure;
    }
}
