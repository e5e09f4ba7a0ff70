using KeyRecovery.Api.Options;
using KeyRecovery.Api.Reports;
using KeyRecovery.Api.Stores;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Moves;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Api.Verbs;

/// <summary>Moves the two stores from files to accounts, while no server runs.</summary>
internal sealed class MoveRun(KeyRecoveryOptions options, MoveArguments arguments, Action<string> tell)
{
    public async Task<MoveReport> RunAsync(CancellationToken ct)
    {
        var clock = new ServerClock(TimeProvider.System);
        var from = StoreHomes.SqliteOf(options, clock, NullLoggerFactory.Instance);
        var to = StoreHomes.CosmosOf(options, clock, NullLoggerFactory.Instance);
        var move = new StoreMove(
            from, to, TableRegistry.Default, SystemRandom.Instance, arguments.AtOnce,
            new MoveLines(TimeProvider.System, tell));
        var report = new MoveReport("done", null, PlaceOf(from), PlaceOf(to));
        try
        {
            return await RunAsync(move, report, ct);
        }
        catch (Exception e) when (e is MoveRefusedException or StoreOpenException)
        {
            return report with { Outcome = "refused", Problem = e.Message };
        }
        catch (StoreUnavailableException e)
        {
            return report with { Outcome = "unfinished", Problem = $"{e.Message}. The same line goes on" };
        }
    }

    private async Task<MoveReport> RunAsync(StoreMove move, MoveReport report, CancellationToken ct)
    {
        if (arguments.GiveUp)
        {
            await move.GiveUpAsync(ct);
            return report with { Outcome = "given-up" };
        }

        if (!arguments.DryRun)
            return await move.RunAsync(ct) is { } moved ? report.With(moved, arguments.Units) : report;
        var plan = await move.PlanAsync(ct);
        return report.With(plan, arguments.Units) with
        {
            Outcome = plan.TooLarge.Count == 0 ? "planned" : "refused",
            Problem = plan.TooLarge.Count == 0 ? null : "the destination does not take all of it",
        };
    }

    private static string PlaceOf(IStoreHome home) =>
        $"{home.PlaceOf(StoreKind.Data)} and {home.PlaceOf(StoreKind.Keys)}";
}
