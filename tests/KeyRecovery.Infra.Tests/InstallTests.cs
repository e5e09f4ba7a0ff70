using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Infra.Tests;

/// <summary>
/// A virtual machine from nothing to a served request, a backup set and an upgrade, by what operators' page prints, to
/// the letter: as root, where <c>/etc</c>, <c>/opt</c>, <c>/mnt</c>, <c>/var/lib</c>, <c>/usr/local/sbin</c> and the
/// network are the test's own. systemd is asked to do what it does without running (<c>SYSTEMD_OFFLINE</c>), and its
/// units are started under what they forbid.
/// </summary>
[Trait("Category", "Long")]
public sealed class InstallTests : IDisposable
{
    private const string Asked = "keyrecovery-server health";

    private const string Made = "systemd-sysusers keyrecovery.conf";

    // $1: the compiled filter; $2: the server's program; $3: where the page's files are; $4: infra.
    private const string Machine = """
        set -e
        ip link set lo up
        mount --make-rprivate /
        mount -t tmpfs -o mode=755 tmpfs /mnt
        mkdir /mnt/filter /mnt/program /mnt/etc /mnt/here
        cp "$1" /mnt/filter/filtered; chmod 755 /mnt/filter/filtered
        mount --bind "$2" /mnt/program
        cp -a /etc/. /mnt/etc; mount --bind /mnt/etc /etc
        cp "$3"/offline.pub "$3"/keyrecovery.json /mnt/here; cp -r "$4" /mnt/here/infra
        for place in /opt /var/lib /usr/local/sbin; do mount -t tmpfs -o mode=755 tmpfs $place; done
        # Short processes: see .ci/run.
        export SYSTEMD_OFFLINE=1 DOTNET_EnableWriteXorExecute=0 DOTNET_TieredPGO=0
        unset DOTNET_ROOT TMPDIR
        umask 077
        cd /mnt/here
        of() { sed -n "s/^$2=//p" "/etc/systemd/system/$1"; }
        # As systemd starts it, with what it forbids.
        unit() {
            [ ! -e /etc/keyrecovery/environment ] || secrets=$(tr -d \' </etc/keyrecovery/environment)
            exec unshare --mount sh -c '
                for place in / /etc /opt /usr/local/sbin; do mount -o remount,bind,ro $place; done
                for place in /home /root; do mount -t tmpfs -o mode=755 tmpfs $place; done
                umask 077; cd /; exec "$@"' sh \
                setpriv --reuid="$(of "$1" User)" --regid="$(of "$1" Group)" --clear-groups --no-new-privs \
                --bounding-set=-all env -i PATH=/usr/bin:/bin DOTNET_EnableWriteXorExecute=0 \
                $(of "$1" Environment) $secrets \
                /mnt/filter/filtered $(of "$1" ExecStart)
        }
        served() {
            : >/mnt/log; unit keyrecovery.service >>/mnt/log 2>&1 & server=$!
            until grep -q '"Listening on' /mnt/log; do
                kill -0 $server 2>/dev/null || { cat /mnt/log; return 1; }
                sleep 0.1
            done
        }
        stopped() { kill -TERM $server; wait $server; ! grep '"@l":"Error"' /mnt/log; }

        """;

    // After a line of the page: what systemd would do then, and what has to be so.
    private static readonly Dictionary<string, string> After = new()
    {
        ["install -d -m 755 /etc/keyrecovery"] =
            "(umask 077; echo \"KeyRecovery__Ring__RootKey='$(head -c 32 /dev/urandom | base64)'\" "
            + ">/etc/keyrecovery/environment)",
        ["keyrecovery-server init"] = "test ! -e /var/lib/keyrecovery/ring/root.key",
        ["systemctl enable keyrecovery.service keyrecovery-backup.timer keyrecovery-backup-keys.timer"] =
            "test -e /etc/systemd/system/multi-user.target.wants/keyrecovery.service; "
            + "test -e /etc/systemd/system/timers.target.wants/keyrecovery-backup.timer; "
            + "test -e /etc/systemd/system/timers.target.wants/keyrecovery-backup-keys.timer",
        ["systemctl start keyrecovery.service keyrecovery-backup.timer keyrecovery-backup-keys.timer"] = "served",
        ["systemctl start keyrecovery-backup.service"] = "(unit keyrecovery-backup.service)",
        ["systemctl start keyrecovery-backup-keys.service"] = "(unit keyrecovery-backup-keys.service)",
        ["systemctl stop keyrecovery.service"] = "stopped",
        ["systemctl start keyrecovery.service"] = "served",
    };

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [NeedsFact(Need.Unshare, Need.Mounting, Need.Linker, Need.SystemdAnalyze, Need.Iproute, Need.Linux)]
    public async Task A_machine_comes_from_nothing_to_a_service_a_set_and_an_upgrade_by_the_pages_lines()
    {
        var (exit, told) = await ServerProcess.RunAsync(
            "offline-key", "--private", _folder["offline.key"], "--public", _folder["offline.pub"]);
        Assert.True(exit == 0, told);
        await File.WriteAllTextAsync(_folder["keyrecovery.json"], Page.Settings);
        using var restrictions = await Restrictions.OfAsync(
            await File.ReadAllLinesAsync(Infra.Files("systemd", "keyrecovery.service").Single()));
        (exit, told) = await FollowAsync(restrictions, without: "", """
            stopped
            keyrecovery-server check
            test "$(ls -d /mnt/backups/*Z-* | wc -l)" = 2
            test "$(ls /mnt/backups/keys | wc -l)" = 1
            test ! -e /mnt/backups/keys/*/data.db
            test "$(ls /mnt/escrow | wc -l)" = 3
            test "$(stat -c '%U %a' /var/lib/keyrecovery/* | sort -u | tr '\n' ,)" = "keyrecovery 600,keyrecovery 700,"
            getent passwd keyrecovery
            """);
        Assert.True(exit == 0, told);
        Assert.Contains(":/usr/sbin/nologin", told, StringComparison.Ordinal);

        // What it needs it needs: without its user nothing of it comes to be.
        (exit, told) = await FollowAsync(restrictions, without: Made, "");
        Assert.NotEqual(0, exit);
        Assert.Contains("invalid user", told, StringComparison.Ordinal);
    }

    private Task<(int ExitCode, string Output)> FollowAsync(Restrictions restrictions, string without, string last)
    {
        var lines = Page.CommandsOf("On a virtual machine").Concat(Page.CommandsOf("Upgrade"))
            .Where(line => line != without).SelectMany(line => Here(line)).Append(last);
        return Infra.RunAsync(
            TimeSpan.FromMinutes(10), "unshare",
            "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c",
            Machine + string.Join('\n', lines), "bash", restrictions.Filter, AppContext.BaseDirectory, _folder.Path,
            Infra.Folder);
    }

    // What is published is the tests' own program (PublishedTests has the line itself).
    private static IEnumerable<string> Here(string line)
    {
        yield return $"echo '+ {line}'";
        yield return line.StartsWith("dotnet publish ", StringComparison.Ordinal)
            ? $"ln -s /mnt/program {line.Split(' ')[^1]}"
            // It waits for four seconds, and a machine may be busier.
            : line == Asked ? $"{line} || {line} || {line}" : line;
        if (After.TryGetValue(line, out var then)) yield return then;
    }
}
