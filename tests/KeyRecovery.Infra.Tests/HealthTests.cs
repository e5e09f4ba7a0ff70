using System.Net.Sockets;
using System.Text;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Infra.Tests;

/// <summary>What asks and is told whether a server serves: probes, and the machine's service manager.</summary>
public class HealthTests
{
    [NeedsFact(Need.Linux)]
    public async Task It_tells_the_service_manager_when_it_serves_and_when_it_begins_to_stop()
    {
        using var folder = new TempFolder();
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(folder["manager"]));
        await using var server = await ServerProcess.StartAsync(
            folder["data"], 0, new Dictionary<string, string> { ["NOTIFY_SOCKET"] = folder["manager"] });
        Assert.Equal("READY=1", await HearAsync());
        using var http = new HttpClient();
        (await http.GetAsync(new Uri(server.Address, "/health/ready"))).EnsureSuccessStatusCode();
        Assert.Equal(0, await server.StopAsync());
        Assert.Equal("STOPPING=1", await HearAsync());

        // Nobody listens there: it serves all the same, and says so.
        await using var alone = await ServerProcess.StartAsync(
            folder["data"], 0, new Dictionary<string, string> { ["NOTIFY_SOCKET"] = folder["nobody"] });
        (await http.GetAsync(new Uri(alone.Address, "/health/live"))).EnsureSuccessStatusCode();
        Assert.Contains("ServiceManagerNotTold", alone.Output, StringComparison.Ordinal);

        async Task<string> HearAsync()
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            var heard = new byte[64];
            return Encoding.ASCII.GetString(heard, 0, await manager.ReceiveAsync(heard, limit.Token));
        }
    }

    [Fact]
    public async Task It_says_by_its_exit_code_whether_a_server_serves()
    {
        using var folder = new TempFolder();
        Uri address;
        await using (var server = await ServerProcess.StartAsync(folder.Path))
        {
            address = server.Address;
            Assert.Equal(0, (await ServerProcess.RunAsync("health", "--url", address.ToString())).ExitCode);
            await server.KillAsync();
        }

        var (exit, told) = await ServerProcess.RunAsync("health", "--url", address.ToString());
        Assert.Equal(1, exit);
        Assert.Contains("does not answer", told, StringComparison.Ordinal);
        Assert.Equal(2, (await ServerProcess.RunAsync("health", "--url", "nowhere")).ExitCode);
        Assert.Equal(2, (await ServerProcess.RunAsync("health", "--urls", address.ToString())).ExitCode);
    }
}
