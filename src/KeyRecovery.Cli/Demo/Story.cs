using System.Diagnostics;
using KeyRecovery.Cli.Demo.Steps;
using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;
using KeyRecovery.Cli.Failures;

namespace KeyRecovery.Cli.Demo;

/// <summary>Runs the steps in their order until one does not hold, and always ends the server.</summary>
internal sealed class Story(ITeller teller, bool keep)
{
    private readonly DemoStep[] _steps =
    [
        new ServerStep(), new AccountStep(), new BackupStep(), new ServerViewStep(), new DrillStep(),
        new Steps.PassphraseStep(), new LakeStep(), new TypoStep(), new RecoverStep(), new ItemsStep(),
        new OldKeysStep(), new HistoryStep(), new LinkStep(), new ActivityStep(), new RevokeStep(),
        new AbsentRealmStep(), new LyingRealmStep(), new HostileRealmStep(), new BackupSetStep(), new EraseStep(),
        new RestoreStep(), new EndStep(keep),
    ];

    /// <returns>Whether every step held.</returns>
    public async Task<bool> RunAsync(CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        await using var world = new DemoWorld(keep);
        var ok = true;
        for (var i = 0; ok && i < _steps.Length; i++)
        {
            teller.Begin(i + 1, _steps.Length, _steps[i].Title);
            var outcome = await RunAsync(_steps[i], world, ct);
            teller.End(outcome);
            ok = outcome.Failure is null;
        }
        teller.Finish(ok, clock.Elapsed, keep ? world.Folder : null);
        return ok;
    }

    private async Task<StepOutcome> RunAsync(DemoStep step, DemoWorld world, CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        var tale = new StepTale(teller);
        string? failure = null;
        try
        {
            await step.RunAsync(world, tale, ct);
        }
        catch (DemoFailedException failed)
        {
            failure = $"does not hold: {failed.Message}";
        }
        catch (CommandException failed)
        {
            failure = failed.Failure.Message;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or HttpRequestException
            or DeviceStoreException)
        {
            failure = failed.Message;
        }
        return new StepOutcome(step.Name, clock.Elapsed, failure, tale.Facts);
    }
}
