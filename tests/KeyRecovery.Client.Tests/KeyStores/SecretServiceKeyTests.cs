using KeyRecovery.Client.KeyStores;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Client.Tests.KeyStores;

/// <summary>The contract on GNOME Keyring, over a bus of the test's own, and what happens to a desktop.</summary>
[NeedsOfClass(Need.DesktopBus, Need.Keyring)]
public sealed class SecretServiceKeyTests : KeyStoreContract
{
    private const string Id = "AAAAAAAAAAAAAAAAAAAAAA";
    private const string OtherId = "AQEBAQEBAQEBAQEBAQEBAQ";

    private TestDesktop _desktop = null!;

    protected override IDeviceKeyStore Open() => new SecretServiceKeys(_desktop.Bus, Id);

    protected override IDeviceKeyStore OpenOther() => new SecretServiceKeys(_desktop.Bus, OtherId);

    public override async Task InitializeAsync() => _desktop = await TestDesktop.StartAsync();

    public override Task DisposeAsync()
    {
        _desktop.Dispose();
        return base.DisposeAsync();
    }

    [ContractFact]
    public async Task A_locked_keyring_is_told_as_locked_and_what_was_there_is_there_once_it_is_open()
    {
        using var first = NewKey();
        using var second = NewKey();
        await Open().WriteAsync(first, default);
        Assert.True(await SecretServiceKeys.IsReadyAsync(_desktop.Bus, default));
        await _desktop.LockAsync();
        Assert.False(await SecretServiceKeys.IsReadyAsync(_desktop.Bus, default));
        await AssertTroubleAsync(DeviceStoreTrouble.Locked, async () => await Open().ReadAsync(default));
        await AssertTroubleAsync(DeviceStoreTrouble.Locked, () => Open().WriteAsync(second, default).AsTask());
        await AssertTroubleAsync(DeviceStoreTrouble.Locked, () => Open().DeleteAsync(default).AsTask());
        await _desktop.UnlockAsync();
        await AssertHasAsync(first, Open());
    }

    [ContractFact]
    public async Task A_session_that_ends_is_told_as_away_at_every_call()
    {
        using var key = NewKey();
        await Open().WriteAsync(key, default);
        _desktop.End();
        await AssertTroubleAsync(DeviceStoreTrouble.KeyStoreAway, async () => await Open().ReadAsync(default));
        await AssertTroubleAsync(DeviceStoreTrouble.KeyStoreAway, () => Open().WriteAsync(key, default).AsTask());
        await AssertTroubleAsync(DeviceStoreTrouble.KeyStoreAway, () => Open().DeleteAsync(default).AsTask());
        Assert.False(await SecretServiceKeys.IsReadyAsync(_desktop.Bus, default));
    }

    [ContractFact]
    public async Task A_bus_without_a_keyring_and_no_bus_at_all_are_away_and_nothing_is_absent()
    {
        using var bare = await TestDesktop.StartAsync(hasKeyring: false);
        foreach (var bus in (string?[])[bare.Bus, null, "unix:path=/nowhere", "nonsense"])
        {
            var store = new SecretServiceKeys(bus, Id);
            await AssertTroubleAsync(DeviceStoreTrouble.KeyStoreAway, async () => await store.ReadAsync(default));
            Assert.False(bus is not null && await SecretServiceKeys.IsReadyAsync(bus, default));
        }
    }

    [ContractFact]
    public async Task A_new_home_takes_the_open_keyring_and_stays_with_it()
    {
        var desktop = new SystemKeyStores(_desktop.Bus);
        using var key = NewKey();
        var home = Home(desktop);
        Assert.True(home.IsNew);
        Assert.Equal(DeviceKeyPlace.SecretService, await home.FindPlaceAsync());
        await home.WriteAsync(key, default);
        Assert.Equal(["device.place"], Directory.GetFiles(Folder["home"]).Select(Path.GetFileName));

        // In another session, and where somebody wants a file: it is where it is.
        var elsewhere = Home(new SystemKeyStores(null), DeviceKeyPlace.File);
        Assert.Equal(DeviceKeyPlace.SecretService, await elsewhere.FindPlaceAsync());
        await AssertTroubleAsync(DeviceStoreTrouble.KeyStoreAway, async () => await elsewhere.ReadAsync(default));
        await AssertHasAsync(key, Home(desktop));
        await home.DeleteAsync(default);
        Assert.Null(await Home(desktop).ReadAsync(default));
    }

    [ContractFact]
    public async Task A_new_home_takes_a_file_where_the_keyring_is_locked_and_stays_with_it()
    {
        await _desktop.LockAsync();
        var desktop = new SystemKeyStores(_desktop.Bus);
        using var key = NewKey();
        await Home(desktop).WriteAsync(key, default);
        Assert.Equal(["device.key"], Directory.GetFiles(Folder["home"]).Select(Path.GetFileName));
        await _desktop.UnlockAsync();
        Assert.Equal(DeviceKeyPlace.File, await Home(desktop).FindPlaceAsync());
        await AssertHasAsync(key, Home(desktop));
    }

    private HomeKeyStore Home(SystemKeyStores systems, DeviceKeyPlace? place = null) =>
        new(Folder["home"], new HomeKeyOptions { NewHome = place }, SystemRandom.Instance, systems);
}
