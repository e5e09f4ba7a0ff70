using System.Diagnostics;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>The phone stores three items; the large one ahead of its commit.</summary>
internal sealed class BackupStep : DemoStep
{
    private sealed record Stored(string Name, long Bytes, int Requests, TimeSpan Elapsed);

    public override string Name => "backup";

    public override string Title => "The phone backs up its keys";

    public override async Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct)
    {
        tale.Say(
            "Each is sealed on the phone. What fits travels inside the commit; the large one is sent ahead, by its "
            + "hash.");
        List<Stored> stored = [];
        foreach (var item in world.Items)
        {
            var (requests, clock) = (world.Phone.Requests, Stopwatch.StartNew());
            StepTale.Works(await world.Phone.Vault.PutAsync(item.Name, item.Content, ct));
            stored.Add(new Stored(item.Name, item.Content.Length, world.Phone.Requests - requests, clock.Elapsed));
        }
        tale.Show(people => Write(people, stored));
        tale.Holds(stored.All(s => s.Requests == (s.Bytes <= Limits.InlineItemBytes ? 1 : 2)),
            "one request for a small item, two for the large one");
        tale.Holds(world.Phone.Vault.Items.Length == world.Items.Length,
            $"{world.Items.Length} items are durable on the server");
        world.VersionWhenLost = world.Phone.Vault.Version;
        tale.Fact(
            "items", stored.Select(
                s => new JsonObject
                {
                    ["name"] = s.Name,
                    ["bytes"] = s.Bytes,
                    ["requests"] = s.Requests,
                    ["ms"] = Math.Round(s.Elapsed.TotalMilliseconds, 1),
                }).ToJson());
    }

    private static void Write(Terminal people, List<Stored> stored)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumn("Item").AddColumn(new TableColumn("Size").RightAligned())
            .AddColumn(new TableColumn("Requests").RightAligned()).AddColumn(new TableColumn("Time").RightAligned());
        foreach (var item in stored)
            table.AddRow(
                Terminal.Cell(item.Name), Terminal.Cell(Words.Size(item.Bytes)), Terminal.Cell($"{item.Requests}"),
                Terminal.Cell(Words.Duration(item.Elapsed)));
        people.Write(new Padder(table, new Padding(6, 0, 0, 0)));
    }
}
