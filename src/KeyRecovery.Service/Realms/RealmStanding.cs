using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Service.Realms;

/// <summary>Where a slot's guesses stand.</summary>
/// <param name="GuessesLeft">How many are left.</param>
/// <param name="NextAttemptInMs">When the next is due, in milliseconds.</param>
internal readonly record struct RealmStanding(int GuessesLeft, long NextAttemptInMs)
{
    public static RealmStanding Of(RealmSlotRow row, PassphrasePolicy policy, DateTimeOffset now)
    {
        var count = row.Attempts.Count;
        if (row.IsDestroyed || count >= policy.Budget) return default;
        var passed = now.ToUnixTimeMilliseconds() - (long)row.LastAttemptMs;
        // A clock that went back tells nothing of how long it was: nobody waits for it to catch up.
        var left = passed < 0 ? 0 : (long)policy.WaitAfter(count).TotalMilliseconds - passed;
        return new RealmStanding(policy.Budget - count, Math.Max(0, left));
    }
}
