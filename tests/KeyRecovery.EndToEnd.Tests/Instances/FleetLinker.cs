using System.Security.Cryptography;
using KeyRecovery.EndToEnd.Tests.Linking;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Instances;

/// <summary>People who link one device after the other, each of whose requests may meet another instance.</summary>
internal sealed class FleetLinker(InstanceFleet fleet)
{
    // An account takes a few devices in a day.
    private const int LinksOfEach = 4;

    /// <summary>How many devices were linked.</summary>
    public int Linked { get; private set; }

    /// <summary>Why others were not.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>How many people there were.</summary>
    public int Accounts { get; private set; }

    /// <summary>How many versions all the accounts have had.</summary>
    public ulong Versions { get; private set; }

    /// <summary>Links until told to stop.</summary>
    public async Task LinkAsync(CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            using var phone = fleet.NewDevice();
            using var vault = await CreateAsync(phone, $"linker {i}");
            Accounts++;
            for (var link = 0; link < LinksOfEach && !stop.IsCancellationRequested; link++)
            {
                await LinkAsync(vault, $"laptop {link}");
                await Task.Delay(TimeSpan.FromSeconds(1), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            Versions += TestDevice.Value(await vault.RefreshAsync()).Version;
        }
    }

    private async Task LinkAsync(VaultSession vault, string name)
    {
        using var laptop = fleet.NewDevice();
        var bundle = RandomNumberGenerator.GetBytes(1_000);
        try
        {
            var linked = await LinkedPair.LinkAsync(vault, laptop, bundle, name);
            using (linked.Vault)
            using (linked.Bundle)
                Assert.Equal(bundle, linked.Bundle.Span.ToArray());
            Linked++;
        }
        catch (InvalidOperationException why)
        {
            Failures.Add(why.Message);
        }
    }

    private async Task<VaultSession> CreateAsync(TestDevice phone, string subject)
    {
        while (true)
        {
            try
            {
                return await phone.CreateAsync(await fleet.Running.First().TokenAsync(subject), null);
            }
            catch (HttpRequestException)
            {
                // That instance has just been killed.
            }
        }
    }
}
