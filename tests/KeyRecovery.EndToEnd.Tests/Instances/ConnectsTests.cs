using System.Net;
using KeyRecovery.EndToEnd.Tests.Erasure;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Testing.Emulators;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;
using Xunit.Abstractions;

namespace KeyRecovery.EndToEnd.Tests.Instances;

/// <summary>
/// Z18: a server in a cloud asks the endpoints of its settings, and nobody else: no metadata service at a link-local
/// address, no telemetry, no name that nobody has set.
/// </summary>
public sealed class ConnectsTests(ITestOutputHelper output) : IDisposable
{
    private static readonly IPAddress Metadata = IPAddress.Parse("169.254.169.254");

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [NeedsFact(Need.CosmosEmulator, Need.Azurite, Need.Strace, Need.Tracing)]
    [Trait("Category", "Long")]
    public async Task A_server_connects_to_the_endpoints_of_its_settings_and_to_nobody_else()
    {
        using var azurite = await NodeEmulator.StartAsync("azurite");
        await using var fleet = await InstanceFleet.OpenAsync(1, AzuriteSettings.Of(azurite, "connects"));
        var server = await fleet.StartAsync(0, Strace.Command(_folder["connects"]));
        using (var phone = fleet.NewDevice())
        using (var vault = await phone.CreateAsync(await server.TokenAsync("user"), null))
            TestDevice.Value(await vault.PutAsync("note", "one"u8.ToArray()));
        await Officer.EraseAsync(server, ["user"]);
        using (var http = new HttpClient { BaseAddress = server.Address })
        {
            while (!(await http.GetAsync($"/audit/{LogFault.Checkpoint}")).IsSuccessStatusCode) await Task.Delay(200);
        }

        await fleet.StopAllAsync();
        var connects = Strace.Connects(_folder["connects"]);
        foreach (var connect in connects) output.WriteLine($"{connect}");
        // All of them, so that it is seen that they are seen.
        Assert.Equal(
            [.. fleet.Endpoints.Append(azurite.Ports[0]).Order()],
            connects.Where(c => c.Address.Equals(IPAddress.Loopback)).Select(c => c.Port).Order());
        Assert.All(connects, connect => Assert.Equal(IPAddress.Loopback, connect.Address));
        Assert.All(fleet.Azure.Asked, name => Assert.Contains(name, PlayedAzure.Hosts.Select(host => $"{host}:443")));
    }

    [NeedsFact(Need.CosmosEmulator, Need.Strace, Need.Tracing)]
    [Trait("Category", "Long")]
    public async Task The_kind_that_is_made_for_the_metadata_service_is_seen_to_ask_it()
    {
        await using var fleet = await InstanceFleet.OpenAsync(1);
        fleet.Adjust = settings =>
        [
            .. settings.Where(s => !s.Key.StartsWith("Ring:Credential:", StringComparison.Ordinal)),
            ("Ring:Credential:Kind", "ManagedIdentity"),
        ];
        using var seen = new CancellationTokenSource();
        var starting = fleet.StartAsync(0, Strace.Command(_folder["connects"]), seen.Token);
        while (!starting.IsCompleted && !IsAsked()) await Task.Delay(100);
        await seen.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => starting);
        Assert.True(IsAsked());
    }

    private bool IsAsked() =>
        File.Exists(_folder["connects"]) && Strace.Connects(_folder["connects"]).Any(c => c.Address.Equals(Metadata));
}
