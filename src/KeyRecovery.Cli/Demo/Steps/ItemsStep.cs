using System.Diagnostics;
using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>Every item is back, byte for byte.</summary>
internal sealed class ItemsStep : DemoStep
{
    public override string Name => "items";

    public override string Title => "Everything is back";

    public override async Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct)
    {
        foreach (var item in world.Items)
        {
            var clock = Stopwatch.StartNew();
            var content = StepTale.Works(await world.NewPhone.Vault.GetAsync(item.Name, null, ct));
            tale.Holds(content.AsSpan().SequenceEqual(item.Content),
                $"{item.Name}: {Words.Size(content.Length)}, byte for byte, in {Words.Duration(clock.Elapsed)}");
        }
        tale.Fact("equal", world.Items.Length);
        tale.Fact("bytes", world.Items.Sum(i => i.Content.Length));
    }
}
