using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Infra.Tests;

/// <summary>The verb for probes.</summary>
public class HealthTests
{
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
