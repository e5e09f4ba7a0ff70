using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Load;

/// <summary>
/// Somebody else's device, which goes on committing whatever happens beside it, and looks at its watch.
/// </summary>
internal sealed class HonestDevice(TestDevice device, VaultSession vault) : IDisposable
{
    public static async Task<HonestDevice> CreateAsync(ServerProcess server, string subject)
    {
        var device = new TestDevice(server.Address);
        return new HonestDevice(device, await device.CreateAsync(await server.TokenAsync(subject), null));
    }

    /// <summary>Commits until told to stop, one after the other.</summary>
    /// <returns>How many there were, and how long the slowest took.</returns>
    public async Task<(int Count, TimeSpan Slowest)> CommitAsync(Task until)
    {
        var (count, slowest) = (0, TimeSpan.Zero);
        do
        {
            var began = Stopwatch.GetTimestamp();
            TestDevice.Value(await vault.PutAsync($"item {count % 10}", RandomNumberGenerator.GetBytes(500)));
            var took = Stopwatch.GetElapsedTime(began);
            if (took > slowest) slowest = took;
            count++;
        }
        while (!until.IsCompleted);
        return (count, slowest);
    }

    public void Dispose()
    {
        vault.Dispose();
        device.Dispose();
    }
}
