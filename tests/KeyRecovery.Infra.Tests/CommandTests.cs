namespace KeyRecovery.Infra.Tests;

/// <summary>Each command that <c>docs/operations.md</c> prints for a shell is run by a test.</summary>
public class CommandTests
{
    private const string Rehearsal = nameof(RehearsalTests) + "."
        + nameof(RehearsalTests.A_lost_server_comes_back_from_the_nights_set_for_everybody_but_the_erased);

    private const string Image = nameof(ImageTests) + "." + nameof(ImageTests.So_it_does_by_the_pages_command);

    private const string Published =
        nameof(PublishedTests) + "." + nameof(PublishedTests.What_the_page_publishes_makes_its_folders_and_serves);

    private const string Install = nameof(InstallTests) + "."
        + nameof(InstallTests.A_machine_comes_from_nothing_to_a_witnessed_service_a_set_and_an_upgrade_by_the_page);

    private const string Cosmos = "ServedFromCosmosTests.What_is_put_is_there_after_a_kill_and_what_is_erased_is_gone";

    // As the verb calls it: the verb itself waits for six minutes.
    private const string Upgrade =
        "RollingUpgradeTests.Both_versions_run_beside_one_another_and_the_older_ones_go_when_the_step_is_finished";

    private const string RestoredFromCosmos =
        "RestoredFromCosmosTests.A_lost_key_store_and_older_data_come_back_for_everyone_but_the_erased";

    private const string Compose = nameof(ComposeTests) + "."
        + nameof(ComposeTests.The_pages_lines_make_what_the_file_mounts_and_it_is_read_by_them);

    private const string Azure = nameof(ComposeTests) + "."
        + nameof(ComposeTests.The_root_key_that_Azures_lines_draw_is_one_and_the_line_that_asks_is_answered);

    private static readonly Dictionary<string, string> RunBy = new()
    {
        ["cd /srv/keyrecovery"] = Compose,
        ["install -d -m 700 -o 1654 -g 1654 data backups escrow"] = Compose,
        ["chmod 644 offline.pub"] = Compose,
        ["chown 1654:1654 data/keyrecovery.json"] = Compose,
        ["chmod 600 data/keyrecovery.json"] = Compose,
        ["echo 'IMAGE=registry.example/keyrecovery@sha256:DIGEST' >.env"] = Compose,
        ["echo 'NAME=keys.example.org' >>.env"] = Compose,
        ["install -m 644 backups.cron /etc/cron.d/keyrecovery"] = Compose,
        ["(umask 077; openssl rand -base64 32 >root-key.b64)"] = Azure,
        ["curl --fail ADDRESS/health/ready"] = Azure,
        ["dotnet publish src/KeyRecovery.Api -c Release -o /opt/keyrecovery"] = Published,
        ["install -D -m 644 infra/machine/sysusers.conf /etc/sysusers.d/keyrecovery.conf"] = Install,
        ["systemd-sysusers keyrecovery.conf"] = Install,
        ["install -d -m 700 -o keyrecovery -g keyrecovery /var/lib/keyrecovery "
            + "/mnt/backups /mnt/escrow"] = Install,
        ["install -d -m 755 /etc/keyrecovery"] = Install,
        ["install -m 755 infra/machine/keyrecovery-server /usr/local/sbin/keyrecovery-server"] = Install,
        ["install -m 644 infra/systemd/keyrecovery.service "
            + "infra/systemd/keyrecovery-backup.service /etc/systemd/system"] = Install,
        ["install -m 644 infra/systemd/keyrecovery-backup.timer /etc/systemd/system"] = Install,
        ["install -m 644 offline.pub /etc/keyrecovery/offline.pub"] = Install,
        ["install -m 600 -o keyrecovery -g keyrecovery keyrecovery.json "
            + "/var/lib/keyrecovery/keyrecovery.json"] = Install,
        ["keyrecovery-server init"] = Install,
        ["systemctl daemon-reload"] = Install,
        ["install -m 644 infra/systemd/keyrecovery-backup-keys.service "
            + "infra/systemd/keyrecovery-backup-keys.timer /etc/systemd/system"] = Install,
        ["systemctl enable keyrecovery.service keyrecovery-backup.timer "
            + "keyrecovery-backup-keys.timer"] = Install,
        ["systemctl start keyrecovery.service keyrecovery-backup.timer keyrecovery-backup-keys.timer"] = Install,
        ["keyrecovery-server health"] = Install,
        ["systemctl start keyrecovery-backup.service"] = Install,
        ["systemctl start keyrecovery-backup-keys.service"] = Install,
        ["dotnet publish src/KeyRecovery.Api -c Release -o /opt/keyrecovery.new"] = Published,
        ["systemctl stop keyrecovery.service"] = Install,
        ["mv /opt/keyrecovery /opt/keyrecovery.old"] = Install,
        ["mv /opt/keyrecovery.new /opt/keyrecovery"] = Install,
        ["systemctl start keyrecovery.service"] = Install,
        ["KeyRecovery__DataDirectory=/var/lib/keyrecovery dotnet /opt/keyrecovery/KeyRecovery.Api.dll init"] =
            Rehearsal,
        ["dotnet publish src/KeyRecovery.Api -c Release -r linux-x64 --self-contained false -p:PublishReadyToRun=true "
            + "-t:PublishContainer -p:ContainerRegistry=registry.example -p:ContainerImageTag=0.1.0"] = Image,
        ["dotnet KeyRecovery.Api.dll offline-key --private offline.key --public offline.pub"] = Rehearsal,
        ["dotnet KeyRecovery.Api.dll backup --to /mnt/backups"] = Rehearsal,
        ["dotnet KeyRecovery.Api.dll reload"] = Rehearsal,
        ["dotnet KeyRecovery.Api.dll rotate"] = Rehearsal,
        ["dotnet KeyRecovery.Api.dll rotate --root"] = Rehearsal,
        ["dotnet publish src/KeyRecovery.Cli -c Release -o /opt/keyrecovery-witness"] = Published,
        ["install -D -m 644 infra/machine/sysusers-witness.conf "
            + "/etc/sysusers.d/keyrecovery-witness.conf"] = Install,
        ["systemd-sysusers keyrecovery-witness.conf"] = Install,
        ["install -d -m 700 -o keyrecovery-witness -g keyrecovery-witness /var/lib/keyrecovery-witness"] = Install,
        ["runuser -u keyrecovery-witness -- /usr/bin/dotnet /opt/keyrecovery-witness/keyrecovery.dll audit witness-key "
            + "--key /var/lib/keyrecovery-witness/key --name witness.example.org/one"] = Install,
        ["echo 'LOG=LOGKEY' >/etc/keyrecovery-witness"] = Install,
        ["install -m 644 infra/systemd/keyrecovery-witness.service /etc/systemd/system"] = Install,
        ["systemctl enable keyrecovery-witness.service"] = Install,
        ["systemctl start keyrecovery-witness.service"] = Install,
        ["install -m 644 policy.txt /etc/keyrecovery/policy.txt"] = Install,
        ["systemctl restart keyrecovery.service"] = Install,
        ["curl --fail https://keys.example.org/audit/checkpoint"] = Install,
        ["keyrecovery audit verify --log https://keys.example.org/audit --policy policy.txt --save last.checkpoint"] =
            Rehearsal,
        ["keyrecovery audit verify --dir ./copy-of-log --key LOGKEY AUDITKEY --receipt receipts/*"] = Rehearsal,
        ["dotnet KeyRecovery.Api.dll migrate"] = Cosmos,
        ["dotnet KeyRecovery.Api.dll migrate --finish"] = Upgrade,
        ["dotnet KeyRecovery.Api.dll backup --to /mnt/backups --keys-only"] = RestoredFromCosmos,
        ["dotnet KeyRecovery.Api.dll restore --from SET --rehearse --escrow FILE --offline-key FILE"] =
            RestoredFromCosmos,
    };

    // Of those that ask a cloud, a cluster or Docker, ForeignCommandTests sees what can be seen.
    [Fact]
    public void Each_command_of_the_page_has_its_row_and_each_row_its_command() => Assert.Equal(
        Page.Commands.Where(command => !ForeignCommandTests.Programs.Contains(command.Split(' ')[0])).Distinct()
            .Order(StringComparer.Ordinal),
        RunBy.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void Each_row_names_a_test_that_is_there()
    {
        var files = Directory.EnumerateFiles(Infra.Tests, "*Tests.cs", SearchOption.AllDirectories)
            .ToLookup(Path.GetFileNameWithoutExtension);
        Assert.All(RunBy.Values, test => Assert.True(IsThere(test), test));
        Assert.False(IsThere(Rehearsal + "_and_nobody_knows"));
        Assert.False(IsThere("No" + Rehearsal));

        bool IsThere(string test) => test.Split('.') is [var type, var method] && files[type].Any(
            file => File.ReadAllText(file).Contains($" Task {method}(", StringComparison.Ordinal));
    }
}
