using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Infra.Tests;

/// <summary>
/// A virtual machine from nothing to a served request, a backup set, an upgrade and a witness of its log, by what
/// operators' page prints, to the letter: as root, where <c>/etc</c>, <c>/opt</c>, <c>/mnt</c>, <c>/var/lib</c>,
/// <c>/usr/local/sbin</c> and the network are the test's own. systemd is asked to do what it does without running
/// (<c>SYSTEMD_OFFLINE</c>), and its units are started under what they forbid.
/// </summary>
[Trait("Category", "Long")]
public sealed class InstallTests : IDisposable
{
    private const string Asked = "keyrecovery-server health";

    private const string Made = "systemd-sysusers keyrecovery.conf";

    // What the page leaves to whoever types: the log's key, which the server tells.
    private const string Watched = "echo 'LOG=LOGKEY' >/etc/keyrecovery-witness";

    // $1: the compiled filter, of the server's unit and the witness's alike; $2: the server's program; $3: where the
    // page's files are; $4: infra; $5: the command line's program.
    private const string Machine = """
        set -e
        ip link set lo up
        mount --make-rprivate /
        mount -t tmpfs -o mode=755 tmpfs /mnt
        mkdir /mnt/filter /mnt/program /mnt/cli /mnt/etc /mnt/here
        cp "$1" /mnt/filter/filtered; chmod 755 /mnt/filter/filtered
        mount --bind "$2" /mnt/program; mount --bind "$5" /mnt/cli
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
            log=$(sed -n s/^LOG=//p /etc/keyrecovery-witness 2>/dev/null || :)
            [ ! -e /etc/keyrecovery/environment ] || secrets=$(tr -d \' </etc/keyrecovery/environment)
            exec unshare --mount sh -c '
                for place in / /etc /opt /usr/local/sbin; do mount -o remount,bind,ro $place; done
                for place in /home /root; do mount -t tmpfs -o mode=755 tmpfs $place; done
                umask 077; cd /; exec "$@"' sh \
                setpriv --reuid="$(of "$1" User)" --regid="$(of "$1" Group)" --clear-groups --no-new-privs \
                --bounding-set=-all env -i PATH=/usr/bin:/bin DOTNET_EnableWriteXorExecute=0 \
                $(of "$1" Environment) $secrets \
                /mnt/filter/filtered $(of "$1" ExecStart | sed "s|\${LOG}|$log|")
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
        ["systemctl start keyrecovery-witness.service"] =
            "unit keyrecovery-witness.service >/mnt/witness 2>&1 & "
            + "until grep -q '\"listening\"' /mnt/witness; do kill -0 $!; sleep 0.1; done",
        // Its operator's answer in the policy, and a change that is logged.
        ["systemctl restart keyrecovery.service"] =
            "stopped; echo KeyRecovery__Apps__0__Policy__CommitsPerDay=1999 >>/etc/keyrecovery/environment; "
            + "echo KeyRecovery__Log__Policy=/etc/keyrecovery/policy.txt >>/etc/keyrecovery/environment; served",
        ["systemctl stop keyrecovery.service"] = "stopped",
        ["systemctl start keyrecovery.service"] = "served",
    };

    // Before one.
    private static readonly Dictionary<string, string> Before = new()
    {
        ["install -m 644 policy.txt /etc/keyrecovery/policy.txt"] =
            "printf 'log %s http://127.0.0.1:5080/audit\\nwitness one %s http://127.0.0.1:7380\\nquorum one\\n' "
            + "\"$log\" \"$(grep -o 'witness.example.org/one+[^ \"]*' /mnt/told)\" >policy.txt",
    };

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [NeedsFact(Need.Unshare, Need.Mounting, Need.Linker, Need.SystemdAnalyze, Need.Iproute, Need.Curl, Need.Linux)]
    public async Task A_machine_comes_from_nothing_to_a_witnessed_service_a_set_and_an_upgrade_by_the_page()
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
            test "$(stat -c '%U %a' /var/lib/keyrecovery-witness/*)" = "$(printf 'keyrecovery-witness %s\n' 600 700)"
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
        var lines = Page.CommandsOf("On a virtual machine").Concat(Page.CommandsOf("Have the log witnessed"))
            .Concat(Page.CommandsOf("Upgrade"))
            .Where(line => line != without).SelectMany(line => Here(line)).Append(last);
        return Infra.RunAsync(
            TimeSpan.FromMinutes(10), "unshare",
            "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c",
            Machine + string.Join('\n', lines), "bash", restrictions.Filter, AppContext.BaseDirectory, _folder.Path,
            Infra.Folder, Path.GetDirectoryName(Infra.Cli)!);
    }

    // What is published is the tests' own program (PublishedTests has the line itself).
    private static IEnumerable<string> Here(string line)
    {
        yield return $"cat <<'LINE'\n+ {line}\nLINE";
        if (Before.TryGetValue(line, out var first)) yield return first;
        yield return line.StartsWith("dotnet publish ", StringComparison.Ordinal)
            ? $"ln -s /mnt/{(line.Contains("Cli", StringComparison.Ordinal) ? "cli" : "program")} {line.Split(' ')[^1]}"
            // It waits for four seconds, and a machine may be busier.
            : line == Asked ? $"{line} || {line} || {line}"
            : line == Watched
                ? "log=$(curl -s http://127.0.0.1:5080/audit/key | sed 's/.*\"log\":\"\\([^\"]*\\).*/\\1/'); "
                + line.Replace("'LOG=LOGKEY'", "\"LOG=$log\"", StringComparison.Ordinal)
            : line.StartsWith("runuser ", StringComparison.Ordinal) ? $"{line} >/mnt/told"
            // The next change has its cosignature, in a moment.
            : line.StartsWith("curl ", StringComparison.Ordinal)
                ? $"until {line} | grep '^— witness.example.org/one '; do sleep 0.2; done"
                    .Replace("https://keys.example.org", "http://127.0.0.1:5080", StringComparison.Ordinal)
            : line;
        if (After.TryGetValue(line, out var then)) yield return then;
    }
}
