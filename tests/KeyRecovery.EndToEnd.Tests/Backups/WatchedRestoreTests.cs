using KeyRecovery.Client.Tests.Watching;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Backups;

/// <summary>
/// A server that was restored by the real verb, as a device that watches is told of it: while it watches, and where it
/// slept through all of it.
/// </summary>
public sealed class WatchedRestoreTests : IDisposable
{
    private readonly People _people = new();
    private readonly WatchClock _clock = new();
    private readonly List<KeyRecoveryClient> _clients = [];

    public void Dispose()
    {
        _clients.ForEach(client => client.Dispose());
        _people.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_another_device_gave_back_and_that_there_was_a_restore_are_told_once(bool sleeps)
    {
        await using var world = await RestoredSite.MakeAsync(_people);
        var laptop = world.Device();
        using (await laptop.RecoverAsync(world.Person.Code, name: "laptop")) { }
        await world.BackupAsync();
        using var vault = await OpenAsync(laptop);
        var (watch, first) = await Watch.BeginAsync(vault, _clock);
        Assert.Empty(first);
        if (sleeps) await watch.DisposeAsync();
        // The phone, which made the account: a young device gives nothing back.
        using (var phone = await world.Person.Device.OpenAsync())
            TestDevice.Value(await phone.PutAsync("later", "after the set"u8.ToArray()));
        await world.RestoreAsync("data");
        using (var phone = await world.Person.Device.OpenAsync())
            Assert.Equal("later", Assert.Single(phone.LostItems));

        if (sleeps) (watch, first) = await Watch.BeginAsync(vault, _clock);
        else first = await watch.NextAsync();
        await using var _ = watch;
        await AwaitAsync<AccountEvent.Repaired>(watch, first);
        await AwaitAsync<AccountEvent.Restored>(watch, first);
        Assert.Equal("phone", Assert.Single(first.OfType<AccountEvent.Repaired>()).By!.Name);
        Assert.Single(first.OfType<AccountEvent.Restored>());
        Assert.Empty(first.OfType<AccountEvent.Conflicting>());
        Assert.Empty(await watch.NextAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_this_device_knew_and_the_restored_server_has_not_is_told_in_each_watch_until_dismissed(
        bool sleeps)
    {
        await using var world = await RestoredSite.MakeAsync(_people);
        var laptop = world.Device();
        using (await laptop.RecoverAsync(world.Person.Code, name: "laptop")) { }
        await world.BackupAsync();
        using var vault = await OpenAsync(world.Person.Device);
        TestDevice.Value(await vault.PutAsync("later", "after the set"u8.ToArray()));
        var (watch, first) = await Watch.BeginAsync(vault, _clock);
        Assert.Empty(first);
        if (sleeps) await watch.DisposeAsync();
        await world.RestoreAsync("data");
        // The laptop had seen no more than the set.
        using (var there = await laptop.OpenAsync())
            TestDevice.Value(await there.PutAsync("third", "by the laptop"u8.ToArray()));

        if (sleeps) (watch, first) = await Watch.BeginAsync(vault, _clock);
        else first = await watch.NextAsync();
        var conflict = Assert.Single(first.OfType<AccountEvent.Conflicting>()).Conflict;
        Assert.Equal("later", Assert.Single(conflict.LostItems));
        Assert.Empty((await watch.NextAsync()).OfType<AccountEvent.Conflicting>());
        await watch.DisposeAsync();

        (watch, first) = await Watch.BeginAsync(vault, _clock);
        Assert.Single(first.OfType<AccountEvent.Conflicting>());
        await watch.DisposeAsync();
        TestDevice.Value(await vault.DismissConflictsAsync());
        (watch, first) = await Watch.BeginAsync(vault, _clock);
        await using var _ = watch;
        Assert.Empty(first.OfType<AccountEvent.Conflicting>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_that_lacks_the_newest_links_is_told_until_who_has_them_comes(bool sleeps)
    {
        await using var world = await RestoredSite.MakeAsync(_people);
        var (stays, removed) = (world.Device(), world.Device());
        using (await stays.RecoverAsync(world.Person.Code, name: "desktop")) { }
        using (await removed.RecoverAsync(world.Person.Code, name: "stolen")) { }
        await world.BackupAsync();
        using var vault = await OpenAsync(stays);
        var (watch, first) = await Watch.BeginAsync(vault, _clock);
        if (sleeps) await watch.DisposeAsync();
        using (var phone = await world.Person.Device.OpenAsync())
            TestDevice.Value(await phone.RevokeAsync(new RevocationRequest(
                [phone.Authorities.Single(a => a.Name == "stolen").Id])));
        await world.RestoreAsync("data");

        if (sleeps) (watch, first) = await Watch.BeginAsync(vault, _clock);
        else first = await watch.NextAsync();
        var behind = Assert.Single(first.OfType<AccountEvent.Behind>()).Info;
        Assert.Equal("stolen", Assert.Single(behind.Leaving).Name);
        Assert.Empty((await watch.NextAsync()).OfType<AccountEvent.Behind>());
        await watch.DisposeAsync();
        (watch, first) = await Watch.BeginAsync(vault, _clock);
        await using var _ = watch;
        Assert.Single(first.OfType<AccountEvent.Behind>());

        // The phone was not lost after all.
        using (await world.Person.Device.OpenAsync()) { }
        Assert.Equal("stolen", Assert.Single((await watch.NextAsync()).OfType<AccountEvent.Removed>()).Who.Name);
        Assert.Null(vault.Behind);
    }

    // What the server writes of itself follows within moments.
    private static async Task AwaitAsync<T>(Watch watch, List<AccountEvent> told)
    {
        for (var looks = 0; looks < 100 && !told.OfType<T>().Any(); looks++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100));
            told.AddRange(await watch.NextAsync());
        }
    }

    private async Task<VaultSession> OpenAsync(TestDevice device)
    {
        var client = new KeyRecoveryClient(
            new KeyRecoveryOptions { Server = device.Server, App = "demo", Time = _clock, Attempts = 1 },
            new FileDeviceStore(device.Home));
        _clients.Add(client);
        return TestDevice.Value(await client.OpenAsync());
    }
}
