using System.Collections.Immutable;
using KeyRecovery.Protocol.Realms;

namespace KeyRecovery.Service.Accounts;

/// <summary>How often the passphrases of an app's users may be guessed at this realm, and how fast.</summary>
public sealed record PassphrasePolicy
{
    /// <summary>The largest budget: a row of the key store remembers as many guesses.</summary>
    public const int MaxBudget = 100;

    /// <summary>The policy of an app that decides nothing.</summary>
    public static PassphrasePolicy Default { get; } = new();

    /// <summary>Guesses until the share is destroyed, 3–100. Default: 10.</summary>
    public int Budget { get; init; } = RealmLimits.Guesses;

    /// <summary>Guesses that wait for nothing, 0–100. Default: 3.</summary>
    public int FreeAttempts { get; init; } = 3;

    /// <summary>
    /// How long the guesses after those wait, each for the one before it; the last goes for all that follow. Empty: no
    /// waits. Default: 1 min, 10 min, 1 h, 24 h.
    /// </summary>
    public ImmutableArray<TimeSpan> Waits { get; init; } =
        [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10), TimeSpan.FromHours(1), TimeSpan.FromHours(24)];

    /// <summary>How long a guess waits after <paramref name="attempts"/> others.</summary>
    internal TimeSpan WaitAfter(int attempts) =>
        Waits.IsEmpty || attempts == 0 || attempts < FreeAttempts
            ? TimeSpan.Zero : Waits[Math.Min(attempts - FreeAttempts, Waits.Length - 1)];
}
