using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Maintenance;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;
using KeyRecovery.Testing.Stores.Cosmos;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// A server on stores that keep no more than the contract. What acts in <see cref="ActAsync"/> meets the script;
/// everything else is another process, to which nothing happens.
/// </summary>
internal sealed class StepWorld : IAsyncDisposable
{
    // More than any act has.
    private const int MostSteps = 120;

    private StepwiseDataStore _data = null!;
    private StepwiseKeyStore _keys = null!;

    public TestService Server { get; private set; } = null!;

    public TestRandom Random { get; } = new(31);

    /// <summary>As many reads of a data row named by its content do not see it after it was first written.</summary>
    public int HidesReads
    {
        set => _data.HidesReads = value;
    }

    public static async Task<StepWorld> OpenAsync(int hidesReads = 0, FaultyNetwork? network = null)
    {
        var world = new StepWorld();
        world.Server = await TestService.OpenAsync(
            Directory.CreateTempSubdirectory("keyrecovery-steps-").FullName, world.Random,
            store => world._keys = new StepwiseKeyStore(store),
            betweenData: store => world._data = new StepwiseDataStore(store), network: network);
        await world.Server.Service.Log!.OpenAsync(default);
        world.HidesReads = hidesReads;
        return world;
    }

    public async ValueTask DisposeAsync() => await Server.DisposeAsync();

    /// <summary>From here on every row is seen at once.</summary>
    public void CatchUp() => _data.CatchUp();

    /// <summary>Does something as the process that the script befalls.</summary>
    /// <returns>What came of it; null where the process died.</returns>
    public Task<T?> ActAsync<T>(StepScript script, Func<Task<T>> act)
        where T : class => Task.Run(async () =>
        {
            _data.Script = _keys.Script = script;
            try
            {
                return await act();
            }
            catch (ProcessDiedException)
            {
                return null;
            }
        });

    /// <summary>A process that dies after so many steps of an act; what it leaves is what the test is about.</summary>
    public async Task CutAsync<T>(int after, Func<Task<T>> act)
        where T : class
    {
        var script = StepScript.Of(StepFate.Cut, after);
        await ActAsync(script, act);
        Assert.True(script.HasStruck);
    }

    /// <summary>
    /// Goes through an act once for each of its steps: in the first round the fate befalls it at the first step, in the
    /// next at the second, until a round in which it comes to its end before.
    /// </summary>
    /// <param name="fate">What befalls it.</param>
    /// <param name="least">The fewest steps that it must have: else the act did not do what it is tested for.</param>
    /// <param name="round">The round: prepares, acts by <see cref="StepRound.DoAsync"/>, and asserts.</param>
    public async Task AtEachStepAsync(StepFate fate, int least, Func<StepRound, Task> round)
    {
        for (var at = 1; at <= MostSteps; at++)
        {
            var now = new StepRound(this, fate, at);
            await round(now);
            if (now.IsStruck) continue;
            Assert.InRange(at - 1, least, MostSteps);
            StepTally.Add($"{fate}", at - 1);
            return;
        }

        Assert.Fail("it never ended");
    }

    /// <summary>Sweeps what is a day old, two days later; the log has run meanwhile, as it does everywhere.</summary>
    public async Task<SweepReport> SweepAsync()
    {
        Server.Time.Advance(TimeSpan.FromDays(2));
        await Server.Service.Log!.PassAsync(default);
        return await Server.Service.Sweeper.SweepAsync(TimeSpan.FromDays(1), default);
    }

    /// <summary>Nothing is damaged; with <paramref name="orphans"/> false nothing lies about either.</summary>
    public async Task SoundAsync(bool orphans = false)
    {
        var audit = await Server.Service.Audit.RunAsync(default);
        Assert.Empty(audit.Damaged);
        if (!orphans) Assert.Empty(audit.OrphanRows);
    }

    /// <summary>Nothing is damaged; and after the sweep nothing lies about either.</summary>
    public async Task SweptAsync()
    {
        await SoundAsync(orphans: true);
        await SweepAsync();
        await SoundAsync();
    }

    /// <summary>An account with a phone and a code, an item that was changed twice, and one that was staged.</summary>
    public async Task<StepAccount> NewAccountAsync()
    {
        var (phone, code) = (TestAuthority.Device(Random), TestAuthority.Code(Random));
        var account = TestAccount.Begin(
            Random, phone, [code], items: [(new ItemId(Random.Bytes(16)), Random.Bytes(40))]);
        var made = new StepAccount(this, account, phone, code, $"user {account.Now.Account}");
        Assert.IsType<Outcome<Heads>.Done>(await Server.CreateAsync(account, made.Subject));
        return made;
    }
}

/// <summary>One user of a <see cref="StepWorld"/>.</summary>
internal sealed record StepAccount(
    StepWorld World, TestAccount Account, TestAuthority Phone, TestAuthority Code, string Subject)
{
    public AppUser User => new(Account.AppId, "issuer", Subject);

    public ItemId Item => Account.Now.Manifest.Manifest.Items[0].Id;

    /// <summary>Passes the gate as the phone, outside of any script.</summary>
    public Task<OpenAccount> PassAsync() => World.Server.PassAsync(Account, Phone);

    /// <summary>
    /// What the server holds is what a client of the account holds: all current items, byte for byte, by phone and by
    /// code.
    /// </summary>
    public async Task ReadsAsync(ServedVault expected)
    {
        foreach (var who in new[] { Phone, Code })
        {
            using var open = await World.Server.PassAsync(Account, who);
            var bytes = await World.Server.Service.Vaults.ReadAsync(open, null, null, default);
            var vault = VaultBundle.Decode(bytes!);
            Assert.Equal(expected.Manifest.Hash, SignedManifest.Decode(vault.Manifest).Hash);
            Assert.Equal(expected.Keysets.Select(k => k.Hash), vault.Keysets.Select(k => Keyset.Decode(k).Hash));
            Assert.Equal(expected.Links.Select(l => l.Hash), vault.Links.Select(l => SignedChainLink.Decode(l).Hash));
        }

        using var reader = await PassAsync();
        foreach (var item in expected.Manifest.Manifest.Items)
        {
            var bytes = await World.Server.Service.Vaults.FindItemAsync(reader, item.Hash, default);
            Assert.Equal(Account.Items[item.Hash], bytes);
        }
    }
}
