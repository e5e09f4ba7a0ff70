using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Infra.Tests;

/// <summary>A server under what its unit forbids (<see cref="Restrictions"/>), from first start to end.</summary>
[Trait("Category", "Long")]
public class RestrictionTests
{
    // What a shell is told of that a signal has ended: 128, and SIGSYS.
    private const int Forbidden = 128 + 31;

    [NeedsFact(Need.Unshare, Need.Mounting, Need.Linker, Need.SystemdAnalyze, Need.Linux)]
    public async Task A_server_does_all_that_it_does_under_what_its_unit_forbids()
    {
        var unit = await File.ReadAllLinesAsync(Infra.Files("systemd", "keyrecovery.service").Single());
        using var restrictions = await Restrictions.OfAsync(unit);
        using var folder = new TempFolder();
        var (exit, told) = await ServerProcess.RunAsync(
            "offline-key", "--private", folder["offline.key"], "--public", folder["offline.pub"]);
        Assert.True(exit == 0, told);
        (string Key, string Value)[] settings =
            [("Backup:OfflineKeyFile", "/mnt/offline.pub"), ("Backup:EscrowDirectory", "/mnt/escrow")];
        await using var server = await ServerProcess.StartAsync(
            Restrictions.Data, 0, new Dictionary<string, string>(), settings,
            restrictions.ServerWith(folder["offline.pub"]), default);
        using var phone = new TestDevice(server.Address);
        using (var vault = await phone.CreateAsync(await server.TokenAsync("anna"), code: null))
            TestDevice.Value(await vault.PutAsync("item", "content"u8.ToArray()));
        foreach (var verb in (string[][])[["rotate"], ["backup", "--to", "/mnt/backups"]])
        {
            (exit, told) = await Restrictions.RunVerbAsync(
                server.Id,
                [
                    .. verb, "--environment", "Development", "--KeyRecovery:DataDirectory", Restrictions.Data,
                    .. settings.SelectMany(s => new[] { $"--KeyRecovery:{s.Key}", s.Value }),
                ]);
            Assert.True(exit == 0, told);
        }

        // It is so: what is forbidden ends a process, or cannot be seen or written.
        Task<(int ExitCode, string Output)> TryAsync(string command) =>
            Restrictions.RunBesideAsync(server.Id, "/bin/bash", "-c", command);
        Assert.Equal((0, "1654\n"), await TryAsync("id -u"));
        Assert.Equal(0, (await TryAsync("touch /mnt/data/file; rm /mnt/data/file")).ExitCode);
        Assert.NotEqual(0, (await TryAsync("touch /mnt/app/file")).ExitCode);
        Assert.NotEqual(0, (await TryAsync("test -e /proc/meminfo")).ExitCode);
        Assert.Equal(Forbidden, (await TryAsync("chown 1654 /mnt/data; exit $?")).ExitCode);

        Assert.Equal(0, await server.StopAsync());
        Assert.DoesNotContain("\"@l\":\"Error\"", server.Output, StringComparison.Ordinal);
    }
}
