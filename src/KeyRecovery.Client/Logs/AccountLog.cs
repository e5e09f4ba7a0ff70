using KeyRecovery.Client.Calls;
using KeyRecovery.Client.Commits;
using KeyRecovery.Client.Logs;
using KeyRecovery.Client.Vaults;

namespace KeyRecovery;

/// <summary>
/// An account's side of the server's log: what was done, proved, and what does not hold (docs/protocol.md §17.1). Safe
/// to use from several threads.
/// </summary>
public sealed class AccountLog
{
    private readonly ActivityReader _activity;
    private readonly VaultState _state;
    private readonly SessionTurns _turns;

    internal AccountLog(ActivityReader activity, VaultState state, SessionTurns turns) =>
        (_activity, _state, _turns) = (activity, state, turns);

    /// <summary>
    /// What did not hold between the account and the log, as it was first seen; null as a rule. The newest change of
    /// the account is looked for at each opening. Show it to the person: a log that leaves changes out may show them to
    /// others, or hide what others did.
    /// </summary>
    public LogFinding? Finding => _state.Read(_ => _state.Log.Finding);

    /// <summary>
    /// What was done to the account, the newest first: verified against its chain and against the log, whose checkpoint
    /// this device keeps.
    /// </summary>
    /// <param name="before">Only what comes before this number: see <see cref="AccountActivity.Before"/>; null for the
    /// newest.</param>
    /// <param name="limit">How many, 1 to 1,000. Default: 50.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns><see cref="ClientFailure.ServerLied"/>, <see cref="ClientFailure.RolledBack"/> or
    /// <see cref="ClientFailure.LogKeyChanged"/> where it does not hold, which is kept as <see cref="Finding"/>.
    /// </returns>
    public Task<Result<AccountActivity>> ActivityAsync(
        ulong? before = null, int limit = 50, CancellationToken ct = default) =>
        Call.RunAsync(() => _turns.TakeAsync(() => _activity.ReadAsync(before, limit, ct), ct), ct);

    /// <summary>Forgets <see cref="Finding"/>, once the person has been told.</summary>
    public Task<Result<Done>> DismissFindingAsync(CancellationToken ct = default) =>
        Call.RunAsync(() => _turns.TakeAsync<ClientFailure?>(async () =>
        {
            await _state.KeepAsync(_state.Log with { Finding = null }, ct);
            return null;
        }, ct), ct);
}
