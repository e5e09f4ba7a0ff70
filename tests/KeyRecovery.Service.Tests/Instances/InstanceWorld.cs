using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Instances;

/// <summary>
/// Three instances of a server over one pair of stores that keep no more than the contract, one ring, one list of
/// tombstones and one log. Time goes on by itself, as fast as the wall's.
/// </summary>
internal sealed class InstanceWorld : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private Task _clock = Task.CompletedTask;

    public TestService Server { get; private set; } = null!;

    public IReadOnlyList<KeyRecoveryService> Instances { get; private set; } = [];

    public static async Task<InstanceWorld> OpenAsync()
    {
        var world = new InstanceWorld();
        world.Server = await TestService.OpenAsync(
            Directory.CreateTempSubdirectory("keyrecovery-instances-").FullName, SystemRandom.Instance,
            store => new StepwiseKeyStore(store), betweenData: store => new StepwiseDataStore(store),
            sharesLinks: true);
        world.Instances = [world.Server.Service, world.Server.Other, world.Server.NewService()];
        foreach (var instance in world.Instances) await instance.Log!.OpenAsync(default);
        world._clock = Task.Run(world.GoOnAsync);
        return world;
    }

    /// <summary>Whichever instance a request comes to.</summary>
    public KeyRecoveryService Any(Random random) => Instances[random.Next(Instances.Count)];

    /// <summary>
    /// Commits at one instance after the other until it is done: one that is busy says so, and nothing is lost by it.
    /// </summary>
    public async Task CommitAsync(TestAccount account, TestAuthority signer, CommitBundle commit, Random random)
    {
        for (var attempt = 0; attempt < 50; attempt++)
        {
            var instance = Any(random);
            using var open = await PassAsync(instance, account, signer);
            var outcome = await instance.Commits.CommitAsync(open, commit, default);
            if (outcome is Outcome<Heads>.Done) return;
            var failure = Assert.IsType<Outcome<Heads>.Failed>(outcome).Failure;
            Assert.Equal(ErrorCode.Unavailable, failure.Code);
        }

        Assert.Fail("no instance took the commit");
    }

    public static async Task<OpenAccount> PassAsync(
        KeyRecoveryService instance, TestAccount account, TestAuthority who) =>
        Assert.IsType<GateResult.Open>(await instance.Gate.PassAsync(
            KeyId.OfDevice(account.Now.Account, who.Id), key => key == who.Signing.PublicKey, default)).Account;

    /// <summary>Does a duty on all instances at once, again and again, until the load has ended.</summary>
    public async Task DutiesAsync(Task load, params Func<KeyRecoveryService, Task>[] duties) =>
        await Task.WhenAll(
            from instance in Instances
            from duty in duties
            select Task.Run(async () =>
            {
                while (!load.IsCompleted)
                {
                    try
                    {
                        await duty(instance);
                    }
                    catch (StoreUnavailableException)
                    {
                        // Another instance was faster, or the store had much to do: the next pass goes on.
                    }

                    await Task.Delay(TimeSpan.FromMilliseconds(5));
                }
            }));

    /// <summary>
    /// Rotates, at this instance and at others at the same time. A ring in a file is one process's, and says so to who
    /// comes second.
    /// </summary>
    public static async Task RotateAsync(KeyRecoveryService instance)
    {
        try
        {
            await instance.Rotation.RunAsync(begin: true, null, default);
        }
        catch (InvalidOperationException)
        {
            // Promoted or destroyed meanwhile, by another.
        }

        // A row that is read twice must not be moved twice in between: in earnest a day passes.
        await Task.Delay(TimeSpan.FromMilliseconds(150));
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _clock;
        _end.Dispose();
        Instances[2].Dispose();
        await Server.DisposeAsync();
    }

    private async Task GoOnAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            Server.Time.Advance(TimeSpan.FromMilliseconds(20));
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }
}
