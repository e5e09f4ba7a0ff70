using System.Net;
using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>A host process, ready.</summary>
internal sealed class ServerStep : DemoStep
{
    public override string Name => "server";

    public override string Title => "A server starts";

    public override async Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct)
    {
        tale.Say("The host, with SQLite in a temporary folder and nothing in it.");
        world.Host = await DemoHost.StartAsync(world.ServerFolder, 0, ct);
        using var http = new HttpClient { BaseAddress = world.Host.Address };
        using var ready = await http.GetAsync("/health/ready", ct);
        tale.Holds(ready.StatusCode == HttpStatusCode.OK,
            $"listening on {world.Host.Address.GetLeftPart(UriPartial.Authority)}, and ready (process "
            + $"{world.Host.ProcessId})");
        tale.Fact("address", world.Host.Address.GetLeftPart(UriPartial.Authority));
        tale.Fact("processId", world.Host.ProcessId);
    }
}
