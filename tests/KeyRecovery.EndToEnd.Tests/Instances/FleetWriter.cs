using System.Security.Cryptography;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Instances;

/// <summary>A person who keeps writing whatever becomes of the instances, and knows what was acknowledged.</summary>
internal sealed class FleetWriter : IDisposable
{
    private const int Items = 3;

    // Some commits a second, and fewer in ten minutes than an account may have in a day.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(400);

    private readonly InstanceFleet _fleet;
    private readonly TestDevice _phone;
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly Dictionary<string, List<byte[]>> _written = [];
    private VaultSession _vault = null!;

    private FleetWriter(InstanceFleet fleet) => (_fleet, _phone) = (fleet, fleet.NewDevice());

    /// <summary>How many commits were acknowledged.</summary>
    public int Commits { get; private set; }

    /// <summary>Why others were not.</summary>
    public List<string> Failures { get; } = [];

    public static async Task<FleetWriter> CreateAsync(InstanceFleet fleet, string subject)
    {
        var writer = new FleetWriter(fleet);
        writer._vault = await writer._phone.CreateAsync(
            await fleet.Running.First().TokenAsync(subject), writer._code);
        return writer;
    }

    /// <summary>Writes until told to stop.</summary>
    public async Task WriteAsync(CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var item = $"item {i % Items}";
            // Every seventh is large enough to be staged first.
            var content = RandomNumberGenerator.GetBytes(i % 7 == 6 ? 40_000 : 2_000);
            if (!_written.TryGetValue(item, out var may)) _written[item] = may = [];
            may.Add(content);
            if (await _vault.PutAsync(item, content) is Result<ItemInfo>.Failed { Failure: var why })
            {
                Failures.Add($"{why}");
            }
            else
            {
                Commits++;
                // None of those before can be there any more.
                may.RemoveRange(0, may.Count - 1);
            }

            await Task.Delay(Pause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// Another device verifies the whole account and finds what was acknowledged last, or what may have been stored
    /// since.
    /// </summary>
    /// <returns>How many versions the account has had.</returns>
    public async Task<ulong> VerifyAsync()
    {
        using var device = _fleet.NewDevice();
        using var vault = await device.RecoverAsync(_code);
        foreach (var (item, may) in _written)
        {
            var content = TestDevice.Value(await vault.GetAsync(item));
            Assert.True(may.Exists(m => m.AsSpan().SequenceEqual(content)), $"{item} is none of {may.Count}");
        }

        return vault.Version;
    }

    public void Dispose()
    {
        _vault?.Dispose();
        _phone.Dispose();
        _code.Dispose();
    }
}
