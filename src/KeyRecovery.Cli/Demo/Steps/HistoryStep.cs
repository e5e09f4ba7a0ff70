using System.Security.Cryptography;
using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>An item is overwritten by mistake, and its older version brought back.</summary>
internal sealed class HistoryStep : DemoStep
{
    public override string Name => "history";

    public override string Title => "A mistake, undone";

    public override async Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct)
    {
        var (vault, item) = (world.NewPhone.Vault, world.Items[1]);
        tale.Say($"The new phone overwrites the {item.Name} with a wrong one.");
        StepTale.Works(await vault.PutAsync(item.Name, RandomNumberGenerator.GetBytes(item.Content.Length), ct));
        var versions = StepTale.Works(await vault.HistoryAsync(item.Name, ct));
        tale.Holds(versions.Select(v => v.Version).SequenceEqual([2UL, 1UL]), "the history has both versions");

        var first = StepTale.Works(await vault.GetAsync(item.Name, 1, ct));
        tale.Holds(first.AsSpan().SequenceEqual(item.Content),
            "version 1 can be had, byte for byte: sealed in the old epoch, by the lost phone");
        StepTale.Works(await vault.PutAsync(item.Name, first, ct));
        var now = StepTale.Works(await vault.GetAsync(item.Name, null, ct));
        tale.Holds(now.AsSpan().SequenceEqual(item.Content), "and it is the current one again, as version 3");
        tale.Fact("versions", vault.Items.Single(i => i.Name == item.Name).Version);
    }
}
