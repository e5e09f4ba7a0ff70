using System.Globalization;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Costs;

/// <summary>
/// The table of docs/operations.md from a million accounts to a hundred: what they do in a day, by what each call costs
/// and an account keeps.
/// </summary>
public sealed class CapacityTests
{
    private const int Items = 10;
    private const int ItemBytes = 1024;
    private const double SecondsADay = 86_400;

    // What an account does in a day, by the page; the rest of what it does costs less than the last of these.
    private static readonly (double Times, string Call)[] Day =
    [
        (19, "vault, unchanged"), (1, "vault, unchanged, the first of a day"), (0.5, "vault"),
        (0.5, "…with its share of the log, 16 changes a batch"),
        (0.2, "an item of 8 KiB"), (0.01, "creation: a device and a code"), (0.005, "realm: a guess"),
        (0.002, "recovery: the vault, by a code"), (0.002, "commit: a code adds a device"),
    ];

    // A busy hour against the mean; and the list prices that the page tells.
    private const double Busy = 3;
    private const double AutoscaleAnHour = 0.012 / 100;
    private const double HoursAMonth = 730;
    private const double GigabyteAMonth = 0.25;

    [Fact]
    public async Task The_page_tells_what_a_hundred_million_accounts_need()
    {
        var costs = (await CostPage.ReadAsync()).ToDictionary(row => row.What, row => row.Units);
        var aDay = Day.Sum(of => of.Times * costs[of.Call]);
        var bytes = await StoredAsync();
        var lines = new[] { 1e6, 1e7, 1e8 }.Select(accounts =>
        {
            var (mean, gigabytes) = (accounts * aDay / SecondsADay, accounts * bytes / 1e9);
            var partitions = Math.Max(mean * Busy / 10_000, gigabytes / 50);
            var weekly = accounts * costs["rotation, for each of 20 accounts"] / (7 * SecondsADay);
            var money = (mean * AutoscaleAnHour * HoursAMonth) + (gigabytes * GigabyteAMonth);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"| {accounts:N0} | {Rounded(mean)} | {Rounded(mean * Busy)} | {Rounded(gigabytes)} | "
                + $"{Math.Ceiling(partitions):N0} | {Rounded(weekly)} | {Rounded(money)} |");
        }).ToList();

        Assert.True(
            (await CostPage.LinesAsync("| accounts |")).SequenceEqual(lines),
            $"docs/operations.md should tell:\n{string.Join('\n', lines)}\n({aDay:F0} RU a day, {bytes:F0} bytes)");
    }

    // Two places that count are enough for what is planned by.
    private static string Rounded(double number)
    {
        var unit = Math.Pow(10, Math.Max(0, Math.Floor(Math.Log10(number)) - 1));
        return (Math.Ceiling(number / unit) * unit).ToString("N0", CultureInfo.InvariantCulture);
    }

    // Of an account with two devices, a code, and ten items of a kilobyte, each written three times.
    private static async Task<double> StoredAsync()
    {
        await using var server = await TestService.OpenAsync();
        var random = new TestRandom(12);
        var (phone, tablet, code) =
            (TestAuthority.Device(random), TestAuthority.Device(random), TestAuthority.Code(random));
        var account = TestAccount.Begin(random, phone, [code]);
        await server.CreateAsync(account);
        await server.CommitAsync(account, phone, account.Commit(phone, new AccountChange { Add = [tablet] }));
        var items = Enumerable.Range(0, Items).Select(_ => new ItemId(random.Bytes(16))).ToArray();
        for (var version = 0; version < 3; version++)
            foreach (var item in items)
                await server.CommitAsync(
                    account, phone,
                    account.Commit(phone, new AccountChange { Put = [(item, random.Bytes(ItemBytes))] }));
        await server.LogAsync();
        var bytes = 0.0;
        foreach (var table in TableRegistry.Default.All)
            await foreach (var row in (table.Store == StoreKind.Data ? (IRowStore)server.Data : server.Keys)
                .ScanAsync(table, default))
                bytes += RequestUnits.SizeOf(row.Key.Id.Length, row.Value.Length);
        return bytes;
    }
}
