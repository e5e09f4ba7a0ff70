using System.ComponentModel;
using System.Globalization;
using KeyRecovery.Service.Feed;

namespace KeyRecovery.Api.Bodies;

/// <summary>What was counted of an app.</summary>
internal sealed record StatisticsResponse(
    [property: Description("The app.")] string App,
    [property: Description("Since when it is counted, in Unix seconds; absent where nothing was yet.")] ulong? Since,
    [property: Description("Accounts that were made and not erased.")] ulong Alive,
    [property: Description("In all.")] CountsResponse All,
    [property: Description("Those of the last 30 days on which something was, the oldest first.")]
    IReadOnlyList<DayResponse> Days,
    [property: Description("How much the app may have, and has; absent where it has no quota.")] QuotaResponse? Quota)
{
    public static StatisticsResponse Of(AppStatistics counted) => new(
        counted.App, counted.Since,
        counted.All.Of(AppEventKind.AccountCreated) - Math.Min(
            counted.All.Of(AppEventKind.AccountCreated), counted.All.Of(AppEventKind.Erased)),
        CountsResponse.Of(counted.All),
        [.. counted.Days.Select(day => new DayResponse(
            DateTime.UnixEpoch.AddDays(day.Day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            CountsResponse.Of(day.Counts)))],
        counted.Use is { } use ? QuotaResponse.Of(use) : null);
}

/// <summary>An app's quota, and how much of it is used.</summary>
internal sealed record QuotaResponse(
    [property: Description("The most accounts; absent for no quota.")] long? Accounts,
    [property: Description("The sealed sizes of all that they keep, in bytes; absent for no quota.")] long? Bytes,
    [property: Description("Accounts that are not erased.")] ulong AccountsUsed,
    [property: Description("Bytes, as they were counted last.")] ulong BytesUsed,
    [property: Description("When they were counted, in Unix seconds; absent before the first count.")]
    ulong? CountedAt)
{
    public static QuotaResponse Of(QuotaUse use) => new(
        use.Quota.Accounts, use.Quota.Bytes, use.Accounts, use.Bytes, use.CountedAt);
}

/// <summary>What was counted on a day.</summary>
internal sealed record DayResponse(
    [property: Description("The day, UTC: YYYY-MM-DD.")] string Day, CountsResponse Counts);

/// <summary>How often each thing was done.</summary>
internal sealed record CountsResponse(
    ulong AccountsMade,
    ulong AccountsErased,
    ulong DevicesAdded,
    ulong DevicesRemoved,
    [property: Description("By kind: code, passphrase, prf, contact.")] IReadOnlyDictionary<string, ulong> SlotsAdded,
    [property: Description("By kind.")] IReadOnlyDictionary<string, ulong> SlotsRemoved,
    ulong Links,
    ulong RecoveriesBegun,
    ulong RecoveriesDone,
    ulong ErasuresHeld,
    ulong ErasuresCancelled)
{
    public static CountsResponse Of(EventCounts counts) => new(
        counts.Of(AppEventKind.AccountCreated), counts.Of(AppEventKind.Erased), counts.Of(AppEventKind.DeviceAdded),
        counts.Of(AppEventKind.DeviceRemoved), ByKind(counts, AppEventKind.SlotAdded),
        ByKind(counts, AppEventKind.SlotRemoved), counts.Of(AppEventKind.DeviceLinked),
        counts.Of(AppEventKind.RecoveryBegun), counts.Of(AppEventKind.RecoveryDone),
        counts.Of(AppEventKind.ErasureHeld), counts.Of(AppEventKind.ErasureCancelled));

    private static Dictionary<string, ulong> ByKind(EventCounts counts, AppEventKind kind) =>
        Enum.GetValues<AuthorityKind>().Where(of => of != AuthorityKind.Device)
            .ToDictionary(of => EventResponse.NameOf(of), of => counts.Of(kind, of));
}
