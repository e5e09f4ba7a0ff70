using KeyRecovery.EndToEnd.Tests.Backups;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.EndToEnd.Tests.Disks;

/// <summary>
/// Disks that are full or read-only under a backup or a restore: said so, nothing half done, and the server lives on.
/// </summary>
public sealed class BackupDiskTests
{
    [NeedsFact(Need.Mounting)]
    public async Task A_backup_that_has_no_room_is_none_and_hurts_nobody()
    {
        using var site = await Site.MakeAsync();
        using var people = new People();
        using var disk = SmallDisk.Mount("1m");
        var person = people.Add();
        await using var server = await site.StartAsync();
        await People.LiveAsync(server, person);
        using (var vault = await person.Device.OpenAsync())
            for (var i = 0; i < 8; i++) TestDevice.Value(await vault.PutAsync($"large {i}", new byte[200_000]));

        var (exit, output) = await site.VerbAsync("backup", "--to", Path.Combine(disk.Path, "sets"));
        Assert.Equal(1, exit);
        Assert.Contains("failed: the data store cannot be copied", output, StringComparison.Ordinal);
        Assert.Contains("BackupFailed", server.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(disk.Path, "sets")));
        using (var vault = await person.Device.OpenAsync())
            TestDevice.Value(await vault.PutAsync("after", new byte[10]));

        disk.Resize("64m");
        (exit, output) = await site.VerbAsync("backup", "--to", Path.Combine(disk.Path, "sets"));
        Assert.True(exit == 0, output);
    }

    [NeedsFact(Need.Mounting)]
    public async Task Without_room_for_its_escrow_there_is_no_set()
    {
        using var site = await Site.MakeAsync();
        using var disk = SmallDisk.Mount("1m");
        await using var server = await ServerProcess.StartAsync(
            site.Data, 0, ("Backup:OfflineKeyFile", site["offline.pub"]),
            ("Backup:EscrowDirectory", Path.Combine(disk.Path, "escrows")));
        disk.Fill();
        var (exit, output) = await site.VerbAsync("backup", "--to", site.Sets);
        Assert.Equal(1, exit);
        Assert.Contains("failed", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(site.Sets));
    }

    [NeedsFact(Need.Mounting)]
    public async Task A_restore_that_has_no_room_leaves_what_was_there_and_goes_on_when_there_is()
    {
        using var site = await Site.MakeAsync();
        using var people = new People();
        using var disk = SmallDisk.Mount("16m");
        var stores = Path.Combine(disk.Path, "stores");
        var person = people.Add();
        string set;
        int port;
        await using (var server =
            await ServerProcess.StartAsync(site.Data, 0, [("Stores:Directory", stores), .. site.Settings]))
        {
            port = server.Address.Port;
            await People.LiveAsync(server, person);
            using (var vault = await person.Device.OpenAsync())
                for (var i = 0; i < 8; i++) TestDevice.Value(await vault.PutAsync($"large {i}", new byte[200_000]));
            set = await site.BackupAsync("--KeyRecovery:Stores:Directory", stores);
            await server.StopAsync();
        }

        disk.Fill();
        string[] place = ["--KeyRecovery:Stores:Directory", stores];
        var (exit, report) = await site.RestoreAsync(set, ["--replace", .. place]);
        Assert.Equal((1, "refused"), (exit, report.GetProperty("outcome").GetString()));
        Assert.Contains("space", report.GetProperty("problem").GetString(), StringComparison.OrdinalIgnoreCase);
        disk.Resize("64m");
        (exit, report) = await site.RestoreAsync(set, ["--replace", .. place]);
        Assert.True(exit == 0, report.GetRawText());
        await using var after =
            await ServerProcess.StartAsync(site.Data, port, [("Stores:Directory", stores), .. site.Settings]);
        using var opened = await person.Device.OpenAsync();
        Assert.Equal(9, opened.Items.Length);
    }
}
