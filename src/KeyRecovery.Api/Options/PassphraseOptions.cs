using System.Globalization;
using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Api.Options;

/// <summary>How often the passphrases of an app's users may be guessed here.</summary>
internal sealed class PassphraseOptions
{
    private const int MaxWaits = 16;

    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(30);

    /// <summary>Guesses until the share is destroyed: 3 to 100. Default 10.</summary>
    public int Budget { get; set; } = PassphrasePolicy.Default.Budget;

    /// <summary>Guesses that wait for nothing: 0 to 100. Default 3.</summary>
    public int FreeAttempts { get; set; } = PassphrasePolicy.Default.FreeAttempts;

    /// <summary>
    /// How long the guesses after those wait, as [days.]hh:mm:ss from 1 second to 30 days, at most 16; the last goes
    /// for all that follow. An empty list: no waits at all. Default 1 min, 10 min, 1 h, 24 h.
    /// </summary>
    public string[]? Waits { get; set; }

    /// <summary>As the service reads it.</summary>
    public PassphrasePolicy ToPolicy() => new()
    {
        Budget = Budget,
        FreeAttempts = FreeAttempts,
        Waits = Waits is null ? PassphrasePolicy.Default.Waits : [.. Waits.Select(wait => Read(wait)!.Value)],
    };

    public void Check(string key, Failures failures)
    {
        failures.Range($"{key}:Budget", Budget, 3, PassphrasePolicy.MaxBudget);
        failures.Range($"{key}:FreeAttempts", FreeAttempts, 0, PassphrasePolicy.MaxBudget);
        if (Waits?.Length > MaxWaits) failures.Add($"{key}:Waits", $"has {MaxWaits} entries at most");
        for (var i = 0; i < Waits?.Length; i++)
        {
            if (Read(Waits[i]) is not { } wait || wait < TimeSpan.FromSeconds(1) || wait > LongestWait)
                failures.Add($"{key}:Waits:{i}", "is [days.]hh:mm:ss from 1 second to 30 days");
        }
    }

    private static TimeSpan? Read(string text) =>
        TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var wait) ? wait : null;
}
