using System.Diagnostics;
using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>Alex looks who did all that, and the log proves it.</summary>
internal sealed class ActivityStep : DemoStep
{
    // The log gathers changes for a quarter of a second.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private const int Newest = 5;

    public override string Name => "activity";

    public override string Title => "Who was that?";

    public override async Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct)
    {
        tale.Say(
            "Alex looks what was done to the account. The server tells it; its log keeps it from telling another.");
        var told = await ProvedAsync(world.NewPhone.Vault, ct);
        tale.Show(people => ActivityTable.Write(
            people, told with { Entries = told.Entries[..Math.Min(Newest, told.Entries.Length)] },
            DateTimeOffset.UtcNow));
        tale.Holds(told.Entries.All(e => e.IsProved),
            $"each of {Words.Count(told.Entries.Length, "change")} is in the log, of "
            + $"{Words.Count((long)told.LogSize, "leaf", "leaves")}, and each proof comes out");
        tale.Holds(told.Entries.Any(e => e.Added.Any(a => a.Id == world.Laptop.Vault.Device)
                && e.By?.Id == world.NewPhone.Vault.Device),
            "the laptop came through the new phone, as the account's own chain says too");
        tale.Holds(world.NewPhone.Vault.Log.Finding is null, "and nothing was left out");
        tale.Fact("entries", told.Entries.Length);
        tale.Fact("logSize", told.LogSize);
    }

    private static async Task<AccountActivity> ProvedAsync(VaultSession vault, CancellationToken ct)
    {
        for (var waiting = Stopwatch.StartNew(); ; await Task.Delay(Pause, ct))
        {
            var told = StepTale.Works(await vault.Log.ActivityAsync(ct: ct));
            if (told.Entries.All(e => e.IsProved) || waiting.Elapsed > Longest) return told;
        }
    }
}
