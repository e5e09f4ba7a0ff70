using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.EndToEnd.Tests.Realms;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Realms;

namespace KeyRecovery.EndToEnd.Tests.Backups;

/// <summary>
/// Disks are lost, and come back from a backup set: for everybody but those who were erased or removed since.
/// </summary>
public sealed class RestoreTests : IDisposable
{
    private readonly People _people = new();

    public void Dispose() => _people.Dispose();

    [Fact]
    public async Task A_lost_data_store_comes_back_for_everyone_but_the_erased_and_the_removed()
    {
        using var site = await Site.MakeAsync();
        var (kept, gone, late, lost) = (_people.Add(), _people.Add(), _people.Add(), _people.Add());
        int port;
        string set;
        await using (var server = await site.StartAsync())
        {
            port = server.Address.Port;
            foreach (var person in new[] { kept, gone, lost }) await People.LiveAsync(server, person);
            set = await site.BackupAsync();
            // What yesterday's set does not know: a removal, an erasure, an account.
            using (await _people.Device(server, lost).RecoverAsync(lost.Code, removeOthers: true)) { }
            await People.EraseAsync(server, gone);
            await People.LiveAsync(server, late);
            await server.StopAsync();
        }

        site.LoseFile("stores");
        var (exit, report) = await site.RestoreAsync(set);
        Assert.True(exit == 0, report.GetRawText());
        var joined = report.GetProperty("joined");
        Assert.Equal(
            (1, 1, 1, 0, 1),
            (Count("accounts"), Count("vaultsLost"), Count("rolledBack"), Count("erasedAgain"), Count("orphans")));
        // Until their devices come, the check says what waits for them.
        var (unsound, check) = await site.VerbAsync("check");
        Assert.Equal(1, unsound);
        Assert.Contains("accounts: 1 sound, 1 damaged, 1 without data", check, StringComparison.Ordinal);

        await using var after = await site.StartAsync(port);
        using (var vault = await kept.Device.OpenAsync())
            Assert.Equal(kept.Content, TestDevice.Value(await vault.GetAsync("item")));
        using (var again = await _people.Device(after, kept).RecoverAsync(kept.Code))
            Assert.Equal(kept.Content, TestDevice.Value(await again.GetAsync("item")));
        // Erased: to its device, to its code, and in the restored file no row is left of it.
        Assert.IsType<ClientFailure.Erased>(TestDevice.Failure(await gone.Device.Client.OpenAsync()));
        Assert.IsType<ClientFailure.UnknownCode>(
            TestDevice.Failure(await _people.Device(after, gone).Client.BeginRecoveryAsync(gone.Code)));
        // Removed: still out, before and after an honest device has repaired the account by itself.
        Assert.IsNotType<Result<VaultSession>.Ok>(await lost.Device.Client.OpenAsync());
        using (var vault = await lost.Second!.OpenAsync())
            Assert.Equal(lost.Content, TestDevice.Value(await vault.GetAsync("item")));
        Assert.IsType<ClientFailure.Revoked>(TestDevice.Failure(await lost.Device.Client.OpenAsync()));
        // Newer than the set: given back by its device.
        using (var vault = await late.Device.OpenAsync()) Assert.Single(vault.Items);

        int Count(string name) => joined.GetProperty(name).GetInt32();
    }

    [Fact]
    public async Task A_lost_key_store_comes_back_with_the_ring_and_its_passphrases_are_locked()
    {
        using var site = await Site.MakeAsync(RealmSettings.App);
        var (kept, gone) = (_people.Add(), _people.Add());
        using var slot = new TestRealmSlot(SystemRandom.Instance);
        var (set, port) = await BackUpAndEraseAsync(site, gone, kept, async server =>
        {
            using var http = new HttpClient { BaseAddress = server.Address };
            Assert.Equal(
                "ok", (await (await TestRealmClient.ConnectAsync(http, await server.TokenAsync(kept.Subject)))
                    .RegisterAsync(slot)).Slug);
        });
        site.LoseFile("keys");
        var (exit, report) = await site.RestoreAsync(set, "--part", "keys");
        Assert.True(exit == 0, report.GetRawText());
        Assert.Equal(
            (1, 1), (report.GetProperty("lockedPassphrases").GetInt32(), report.GetProperty("joined")
                .GetProperty("erasedAgain").GetInt32()));
        await using var after = await site.StartAsync(port);
        using (var vault = await kept.Device.OpenAsync())
            Assert.Equal(kept.Content, TestDevice.Value(await vault.GetAsync("item")));
        Assert.IsType<ClientFailure.Erased>(TestDevice.Failure(await gone.Device.Client.OpenAsync()));
        Assert.IsType<ClientFailure.UnknownCode>(
            TestDevice.Failure(await _people.Device(after, gone).Client.BeginRecoveryAsync(gone.Code)));
        await after.StopAsync();
        var (sound, check) = await site.VerbAsync("check");
        Assert.True(sound == 0, check);
        // All hangs on a KEK that no set holds.
        Assert.Contains("KEK 2 is current: 1 rows", check, StringComparison.Ordinal);
        Assert.DoesNotContain("KEK 1 is", check, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everything_lost_comes_back_by_the_set_its_escrow_the_offline_key_and_the_list_of_tombstones()
    {
        using var site = await Site.MakeAsync();
        var (kept, gone) = (_people.Add(), _people.Add());
        var (set, port) = await BackUpAndEraseAsync(site, gone, kept);
        var fence = site["fence-copy"];
        Directory.Move(site.Fence, fence);
        foreach (var place in new[] { "stores", "keys", "ring" }) site.Lose(place);

        // Without the list, the erased would be back: that is asked for, and never done by itself.
        var (refused, told) = await site.RestoreAsync(set, ["--part", "all", .. site.Opened(set)]);
        Assert.Equal((1, "refused"), (refused, told.GetProperty("outcome").GetString()));
        Assert.Contains("tombstones", told.GetProperty("problem").GetString(), StringComparison.Ordinal);
        Directory.Delete(site.Fence);
        Directory.Move(fence, site.Fence);
        var (exit, report) = await site.RestoreAsync(set, ["--part", "all", .. site.Opened(set)]);
        Assert.True(exit == 0, report.GetRawText());
        Assert.Equal(1, report.GetProperty("joined").GetProperty("erasedAgain").GetInt32());

        await using var after = await site.StartAsync(port);
        using (var vault = await kept.Device.OpenAsync())
            Assert.Equal(kept.Content, TestDevice.Value(await vault.GetAsync("item")));
        Assert.IsType<ClientFailure.Erased>(TestDevice.Failure(await gone.Device.Client.OpenAsync()));
        // The same person is a new account.
        using (var anew = await _people.Device(after, gone).CreateAsync(await after.TokenAsync(gone.Subject), null))
            Assert.Empty(anew.Items);
    }

    [Fact]
    public async Task With_an_old_list_of_tombstones_the_erased_are_back_and_the_operator_was_told_so()
    {
        using var site = await Site.MakeAsync();
        var gone = _people.Add();
        var (set, port) = await BackUpAndEraseAsync(site, gone);
        foreach (var place in new[] { "stores", "keys", "ring", "fence" }) site.Lose(place);
        var (exit, report) = await site.RestoreAsync(set, ["--part", "all", "--old-tombstones", .. site.Opened(set)]);
        Assert.True(exit == 0, report.GetRawText());
        await using var after = await site.StartAsync(port);
        // The control of the test before: it is the list, and nothing else, that keeps them out.
        using var vault = await gone.Device.OpenAsync();
        Assert.Equal(gone.Content, TestDevice.Value(await vault.GetAsync("item")));
    }

    [Fact]
    public async Task An_older_key_store_that_was_put_back_by_hand_brings_no_erased_account_back()
    {
        using var site = await Site.MakeAsync();
        var gone = _people.Add();
        int port;
        await using (var server = await site.StartAsync())
        {
            port = server.Address.Port;
            await People.LiveAsync(server, gone);
            await server.StopAsync();
        }

        foreach (var place in new[] { "keys", "stores" }) People.Copy(Path.Combine(site.Data, place), site[place]);
        await using (var server = await site.StartAsync(port))
        {
            await People.EraseAsync(server, gone);
            await server.StopAsync();
        }

        foreach (var place in new[] { "keys", "stores" })
        {
            site.LoseFile(place);
            People.Copy(site[place], Path.Combine(site.Data, place));
        }

        await using var after = await site.StartAsync(port);
        Assert.Contains("ErasedAgain", after.Output, StringComparison.Ordinal);
        Assert.IsType<ClientFailure.Erased>(TestDevice.Failure(await gone.Device.Client.OpenAsync()));
    }

    // A set with everybody in it, made before one of them is erased; then the server stops.
    private static async Task<(string Set, int Port)> BackUpAndEraseAsync(
        Site site, Person gone, Person? kept = null, Func<ServerProcess, Task>? before = null)
    {
        await using var server = await site.StartAsync();
        await People.LiveAsync(server, gone);
        if (kept is not null) await People.LiveAsync(server, kept);
        if (before is not null) await before(server);
        var set = await site.BackupAsync();
        await People.EraseAsync(server, gone);
        await server.StopAsync();
        return (set, server.Address.Port);
    }
}
