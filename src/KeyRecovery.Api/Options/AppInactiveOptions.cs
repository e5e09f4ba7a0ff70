using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Api.Options;

/// <summary>When accounts of an app that nobody uses are erased.</summary>
internal sealed class AppInactiveOptions
{
    private const int MostDays = 3650;
    private const int MostWarnDays = 365;

    /// <summary>So many days after the last use the app's feed warns: 90 to 3,650. Default none: never.</summary>
    public int? AfterDays { get; set; }

    /// <summary>
    /// So many whole days lie between the warning and the erasure: 7 to 365, less than <see cref="AfterDays"/>. Default
    /// 30.
    /// </summary>
    public int WarnDays { get; set; } = 30;

    /// <summary>As the service reads it.</summary>
    public InactivityPolicy? ToPolicy() => AfterDays is { } after ? new InactivityPolicy(after, WarnDays) : null;

    /// <summary>Whether they are in their ranges.</summary>
    public void Check(string key, Failures failures)
    {
        if (AfterDays is < 90 or > MostDays) failures.Add($"{key}:AfterDays", $"is from 90 to {MostDays}");
        failures.Range($"{key}:WarnDays", WarnDays, 7, MostWarnDays);
        if (WarnDays >= AfterDays) failures.Add($"{key}:WarnDays", "is less than AfterDays");
    }
}
