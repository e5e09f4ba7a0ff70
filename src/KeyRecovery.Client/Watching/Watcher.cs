using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using KeyRecovery.Client.Calls;
using KeyRecovery.Client.Commits;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Vaults;

namespace KeyRecovery.Client.Watching;

/// <summary>
/// Looks at the account every so often and tells what is new. The place up to which it was told is kept when the app
/// comes back for more, and never before: who is killed in between is told again.
/// </summary>
/// <param name="options">The client's.</param>
/// <param name="state">The account.</param>
/// <param name="turns">Whose turn it is.</param>
/// <param name="account">Finds what is new at the server.</param>
/// <param name="realms">Finds what is new at the realms.</param>
internal sealed class Watcher(
    KeyRecoveryOptions options, VaultState state, SessionTurns turns, AccountChanges account, RealmChanges realms)
{
    /// <summary>Watches until it is cancelled, or the account is not this device's any more.</summary>
    public async IAsyncEnumerable<AccountEvent> RunAsync(
        WatchOptions watch, [EnumeratorCancellation] CancellationToken ct)
    {
        // The first watcher of a device begins with now.
        var place = state.Watched ?? account.Now(state.Watched);
        var (trouble, realmsDue) = (new TroubleTold(options.Time), options.Time.GetTimestamp());
        while (true)
        {
            var looked = await Call.RunAsync(
                () => turns.TakeAsync(() => account.LookAsync(place, state.Watched is null, ct), ct), ct);
            if (!looked.TryGet(out var changes, out var failure)) changes = new Changes([], place);
            var events = changes.Events;
            if (failure is null && options.Time.GetTimestamp() >= realmsDue)
            {
                var asked = await realms.LookAsync(changes.Place, state.Watched is null, ct);
                (events, changes) = (events.AddRange(asked.Events), changes with { Place = asked.Place });
                realmsDue = options.Time.GetTimestamp()
                    + (long)(watch.RealmPoll.TotalSeconds * options.Time.TimestampFrequency);
            }
            foreach (var happened in events.OrderBy(e => e.At))
            {
                Log(happened);
                yield return happened;
            }
            if (trouble.Tell(failure ?? changes.Failure) is { } told)
            {
                Log(told);
                yield return told;
                if (told is AccountEvent.Ended) yield break;
            }

            if (state.Watched is null || !changes.Place.IsAt(place)) await KeepAsync(changes.Place, ct);
            place = changes.Place;
            await Task.Delay(watch.Poll, options.Time, ct);
        }
    }

    private void Log(AccountEvent happened)
    {
        if (options.Logger is { } log) ClientLog.Happened(log, happened.GetType().Name);
    }

    // A store that takes nothing costs being told twice.
    private Task<bool> KeepAsync(WatchPlace place, CancellationToken ct) => turns.TakeAsync(async () =>
    {
        await state.KeepAsync(place, ct);
        return true;
    }, ct);
}

/// <summary>What one look has found.</summary>
/// <param name="Events">What is new.</param>
/// <param name="Place">The place behind it.</param>
internal sealed record Changes(ImmutableArray<AccountEvent> Events, WatchPlace Place)
{
    /// <summary>Why the server told nothing; null where it did.</summary>
    public ClientFailure? Failure { get; init; }
}

/// <summary>Tells what is in the way of a watch when it begins, and when it is over.</summary>
internal sealed class TroubleTold(TimeProvider time)
{
    private ClientFailure? _last;

    /// <summary>What is to be told of a look's end; null where that is known.</summary>
    public AccountEvent? Tell(ClientFailure? failure)
    {
        var (before, at) = (_last, time.GetUtcNow());
        _last = failure;
        return failure switch
        {
            null => before is null ? null : new AccountEvent.Reached { At = at },
            ClientFailure.Revoked or ClientFailure.Erased or ClientFailure.RestoredWithoutYou
                or ClientFailure.Unexpected { Error: ObjectDisposedException } =>
                new AccountEvent.Ended(failure) { At = at },
            _ when before?.GetType() == failure.GetType() => null,
            _ => new AccountEvent.Failed(failure) { At = at },
        };
    }
}
