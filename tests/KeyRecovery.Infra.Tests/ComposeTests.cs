using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Infra.Tests;

/// <summary>The file for one machine.</summary>
public class ComposeTests
{
    private static string Compose { get; } = Path.Combine(Infra.Folder, "compose", "compose.yaml");

    [NeedsFact(Need.DockerCompose)]
    public async Task It_is_read_and_asks_for_the_image_and_the_name()
    {
        var (exit, told) = await ConfigAsync("IMAGE=keyrecovery", "NAME=keys.example.org");
        Assert.True(exit == 0, told);
        Assert.Contains("read_only: true", told, StringComparison.Ordinal);
        Assert.Contains("user: 1654:1654", told, StringComparison.Ordinal);

        (exit, told) = await ConfigAsync("NAME=keys.example.org");
        Assert.NotEqual(0, exit);
        Assert.Contains("the image, by its digest", told, StringComparison.Ordinal);
    }

    [Fact]
    public void Cron_has_it_do_what_timers_do_on_a_machine_without_it()
    {
        const string Verb = " dotnet /app/KeyRecovery.Api.dll ";
        var cron = File.ReadLines(Path.Combine(Infra.Folder, "compose", "backups.cron"))
            .Where(line => line.Contains(Verb, StringComparison.Ordinal)).ToList();
        Assert.Equal(["30 2 * * * ", "10 * * * * "], cron.Select(line => line[..11]));
        Assert.All(
            cron, line => Assert.Contains("docker-compose exec -T server" + Verb, line, StringComparison.Ordinal));
        // %, which cron takes for the end of a line, is in none.
        Assert.All(cron, line => Assert.DoesNotContain('%', line));
        Assert.Equal(
            ((string[])["keyrecovery-backup.service", "keyrecovery-backup-keys.service"]).Select(unit =>
                File.ReadLines(Infra.Files("systemd", unit).Single())
                    .Single(line => line.StartsWith("ExecStart=", StringComparison.Ordinal))
                    .Split("KeyRecovery.Api.dll ")[1]),
            cron.Select(line => line.Split(Verb)[1].Split(" >")[0]));
        // Where the units write, the file has folders.
        foreach (var folder in (string[])["/mnt/backups", "/mnt/escrow", "/etc/keyrecovery/offline.pub:ro"])
            Assert.Contains($":{folder}\n", File.ReadAllText(Compose), StringComparison.Ordinal);
    }

    [NeedsFact(Need.DockerCompose, Need.Mounting, Need.Openssl, Need.Curl)]
    public async Task The_pages_lines_make_what_the_file_mounts_and_it_is_read_by_them()
    {
        using var folder = new TempFolder();
        foreach (var name in (string[])["compose.yaml", "Caddyfile", "backups.cron"])
            File.Copy(Path.Combine(Infra.Folder, "compose", name), folder[name]);
        await File.WriteAllTextAsync(folder["offline.pub"], "");
        var lines = Page.CommandsOf("With compose");
        // All but those that ask an engine; between them the operator's own file.
        var typed = lines.Where(line => !line.StartsWith("docker-compose", StringComparison.Ordinal)
                || line.EndsWith("config --quiet", StringComparison.Ordinal))
            .SelectMany(line => line.StartsWith("install -d", StringComparison.Ordinal)
                ? [line, "cp offline.pub data/keyrecovery.json"] : (string[])[line]).ToList();
        Assert.Equal(10, typed.Count);
        var (exit, told) = await Infra.RunAsync(
            "bash", "-c", "set -e; umask 077\n" + string.Join('\n', typed)
                .Replace("/srv/keyrecovery", folder.Path, StringComparison.Ordinal)
                .Replace("/etc/cron.d", folder.Path, StringComparison.Ordinal));
        Assert.True(exit == 0, told);
        (exit, told) = await Infra.RunAsync(
            "bash", "-c",
            $"cd {folder.Path} && stat -c '%u %g %a %n' data backups escrow data/* offline.pub keyrecovery");
        Assert.Equal(
            "1654 1654 700 data,1654 1654 700 backups,1654 1654 700 escrow,1654 1654 600 data/keyrecovery.json,"
            + "0 0 644 offline.pub,0 0 644 keyrecovery,", told.ReplaceLineEndings(","));
        (exit, told) = await Infra.RunAsync("docker-compose", "--file", folder["compose.yaml"], "config");
        Assert.True(exit == 0, told);
        foreach (var mounted in (string[])[
            "data:/data", "backups:/mnt/backups", "escrow:/mnt/escrow", "offline.pub:/etc",
        ])
            Assert.Contains(folder[mounted], told, StringComparison.Ordinal);
    }

    [NeedsFact(Need.Openssl, Need.Curl)]
    public async Task The_root_key_that_Azures_lines_draw_is_one_and_the_line_that_asks_is_answered()
    {
        using var folder = new TempFolder();
        var lines = Page.CommandsOf("On Azure");
        var (exit, told) = await Infra.RunAsync("bash", "-c",
            $"cd {folder.Path}; {lines.Single(line => line.Contains("openssl", StringComparison.Ordinal))}");
        Assert.True(exit == 0, told);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder["root-key.b64"]));
        Assert.Equal(32, Convert.FromBase64String(await File.ReadAllTextAsync(folder["root-key.b64"])).Length);

        var asks = lines.Single(line => line.StartsWith("curl ", StringComparison.Ordinal));
        string address;
        await using (var server = await ServerProcess.StartAsync(folder["data"]))
        {
            address = server.Address.ToString().TrimEnd('/');
            (exit, told) = await AskAsync();
            Assert.Equal(0, exit);
            Assert.Contains("\"status\":\"ok\"", told, StringComparison.Ordinal);
        }

        Assert.NotEqual(0, (await AskAsync()).ExitCode);

        Task<(int ExitCode, string Output)> AskAsync() =>
            Infra.RunAsync("bash", "-c", asks.Replace("ADDRESS", address, StringComparison.Ordinal));
    }

    private static Task<(int ExitCode, string Output)> ConfigAsync(params string[] environment) =>
        Infra.RunAsync("env", [.. environment, "docker-compose", "--file", Compose, "config"]);
}
