using System.Globalization;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Infra.Tests;

/// <summary>
/// What <c>keyrecovery.service</c> leaves a process, made without systemd: its filter of calls and of kinds of sockets
/// (<c>seccomp(2)</c>), a user by number without a right, file systems of its own that can be read alone, a
/// <c>/proc</c> with its own processes. Where the unit answers a call with an error, the process ends here (SIGSYS).
/// Its arguments' limits (namespaces, real time, set-user-id) are left out.
/// </summary>
internal sealed class Restrictions : IDisposable
{
    /// <summary>Where the server may write.</summary>
    public const string Data = "/mnt/data";

    // Folders that no other user may enter lie above what is to be run: it is reached from elsewhere.
    private const string Enter = """
        set -e
        mount --make-rprivate /
        mount -t tmpfs -o mode=755 tmpfs /mnt
        mkdir /mnt/app /mnt/dotnet /mnt/data /mnt/backups /mnt/escrow
        mount --bind "$2" /mnt/app
        mount --bind "$(dirname "$(readlink -f "$(command -v dotnet)")")" /mnt/dotnet
        cp "$1" "$3" /mnt; chmod 755 /mnt/filtered "/mnt/$(basename "$3")"
        chown 1654:1654 /mnt/data /mnt/backups /mnt/escrow
        chmod 700 /mnt/data /mnt/backups /mnt/escrow
        for place in /tmp /var/tmp; do mount -t tmpfs -o mode=1777 tmpfs $place; done
        for place in /home /root /run; do mount -t tmpfs -o mode=755 tmpfs $place; done
        mount -t proc -o subset=pid,hidepid=invisible proc /proc
        mount -o remount,bind,ro /
        umask 077
        unset DOTNET_ROOT TMPDIR
        export HOME=/nonexistent
        cd /
        shift 5
        """;

    // The root of an image: its files, this machine's runtime and libraries, and two places to write to. What is run
    // beside it from without finds the same below /mnt.
    private const string EnterImage = """
        set -e
        mount --make-rprivate /
        mount -t tmpfs -o mode=755 tmpfs /mnt
        mkdir /mnt/app /mnt/dotnet /mnt/usr /mnt/etc /mnt/dev /mnt/proc /mnt/data /mnt/tmp
        for place in /bin /lib /lib64; do [ ! -L $place ] || cp -P $place /mnt; done
        mount --bind "$2" /mnt/app
        mount --bind "$(dirname "$(readlink -f "$(command -v dotnet)")")" /mnt/dotnet
        for place in usr etc dev; do mount --bind /$place /mnt/$place; done
        cp "$1" /mnt; chmod 755 /mnt/filtered
        mount -t proc -o subset=pid,hidepid=invisible proc /mnt/proc
        mount -t tmpfs -o mode=1777 tmpfs /mnt/tmp
        mount -t tmpfs -o mode=700,uid=1654,gid=1654 tmpfs /mnt/data
        for place in /mnt /mnt/app /mnt/dotnet /mnt/usr /mnt/etc; do mount -o remount,bind,ro $place; done
        shift 4
        """;

    private const string Become =
        "exec setpriv --reuid=1654 --regid=1654 --clear-groups --no-new-privs --bounding-set=-all /mnt/filtered ";

    private const string Api = "/mnt/app/KeyRecovery.Api.dll";

    private readonly TempFolder _folder = new();

    private Restrictions() { }

    /// <summary>The program that takes the filter upon itself and becomes the one that its arguments name.</summary>
    public string Filter => _folder["filtered"];

    /// <summary>What a server is started by: it becomes that server.</summary>
    /// <param name="file">A file that lies beside its data.</param>
    public IReadOnlyList<string> ServerWith(string file) =>
    [
        "unshare", "--mount", "bash", "-c", $"{Enter}\n{Become}/mnt/dotnet/dotnet {Api} \"$@\"", "bash",
        _folder["filtered"], AppContext.BaseDirectory, file,
    ];

    /// <summary>What an image's server is started by: it becomes that server, and no shell stays.</summary>
    /// <param name="image">The image.</param>
    public IReadOnlyList<string> ServerOf(Image image) =>
    [
        "unshare", "--mount", "bash", "-c", $"{EnterImage}\nexec chroot /mnt {InImage(image)} \"$@\"", "bash",
        _folder["filtered"], image.Folder,
    ];

    /// <summary>Runs the command of an image beside its server, with other arguments.</summary>
    public static Task<(int ExitCode, string Output)> RunImageBesideAsync(
        int server, Image image, params string[] arguments) =>
        Infra.RunAsync("nsenter",
        [
            $"--target={server.ToString(CultureInfo.InvariantCulture)}", "--mount", "bash", "-c",
            $"exec chroot /mnt {InImage(image)} \"$@\"", "bash", .. arguments,
        ]);

    // Its command to the letter, found by its own PATH.
    private static string InImage(Image image) =>
        $"env -i -C {image.WorkingFolder} {string.Join(' ', image.Environment)} setpriv --reuid={image.User} "
        + $"--regid={image.User} --clear-groups --no-new-privs --bounding-set=-all /filtered /usr/bin/env "
        + string.Join(' ', image.Command);

    /// <summary>An image: what its configuration says, and where its files are.</summary>
    /// <param name="Folder">What it has in <c>/app</c>.</param>
    public sealed record Image(
        string Folder, string User, string WorkingFolder, IReadOnlyList<string> Environment,
        IReadOnlyList<string> Command);

    /// <summary>Reads the unit, and compiles its filter.</summary>
    public static async Task<Restrictions> OfAsync(string[] unit)
    {
        var made = new Restrictions();
        var families = Values(unit, "RestrictAddressFamilies").SelectMany(value => value.Split(' '));
        await File.WriteAllTextAsync(made._folder["filtered.c"], Source(await AllowedAsync(unit), [.. families]));
        var (exit, told) = await Infra.RunAsync(
            "gcc", "-Wall", "-Werror", "-o", made._folder["filtered"], made._folder["filtered.c"]);
        Assert.True(exit == 0, told);
        return made;
    }

    /// <summary>Runs a verb of the server beside one that runs, where that one is.</summary>
    public static Task<(int ExitCode, string Output)> RunVerbAsync(int server, params string[] arguments) =>
        RunBesideAsync(server, ["/mnt/dotnet/dotnet", Api, .. arguments]);

    /// <summary>Runs any program beside a server.</summary>
    public static Task<(int ExitCode, string Output)> RunBesideAsync(int server, params string[] command) =>
        Infra.RunAsync("nsenter",
        [
            $"--target={server.ToString(CultureInfo.InvariantCulture)}", "--mount", "bash", "-c", $"{Become}\"$@\"",
            "bash", .. command,
        ]);

    /// <summary>The names of the calls that a unit allows.</summary>
    public static async Task<HashSet<string>> AllowedAsync(string[] unit)
    {
        var (exit, told) = await Infra.RunAsync("systemd-analyze", "syscall-filter");
        Assert.Equal(0, exit);
        var lists = new Dictionary<string, List<string>>();
        var list = new List<string>();
        foreach (var line in told.Split('\n'))
        {
            if (line.StartsWith('@')) lists[line.Trim()] = list = [];
            else if (line.StartsWith("    ", StringComparison.Ordinal) && !line.Contains('#', StringComparison.Ordinal))
                list.Add(line.Trim());
        }

        IEnumerable<string> CallsOf(string name) => name.StartsWith('@') ? lists[name].SelectMany(CallsOf) : [name];
        // What it always allows: systemd.exec(5), SystemCallFilter.
        var allowed = CallsOf("@default").ToHashSet();
        foreach (var value in Values(unit, "SystemCallFilter"))
        {
            if (value.StartsWith('~')) allowed.ExceptWith(value[1..].Split(' ').SelectMany(CallsOf));
            else allowed.UnionWith(value.Split(' ').SelectMany(CallsOf));
        }

        return allowed;
    }

    public void Dispose() => _folder.Dispose();

    private static IEnumerable<string> Values(string[] unit, string key) => unit
        .Where(line => line.StartsWith($"{key}=", StringComparison.Ordinal)).Select(line => line[(key.Length + 1)..]);

    // A program that takes the filter upon itself and becomes another. Calls that this machine does not have are left
    // out by the compiler.
    private static string Source(HashSet<string> calls, string[] families) => $$"""
        #include <errno.h>
        #include <linux/audit.h>
        #include <linux/filter.h>
        #include <linux/seccomp.h>
        #include <stddef.h>
        #include <stdio.h>
        #include <sys/prctl.h>
        #include <sys/socket.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        #ifdef __x86_64__
        #define NATIVE AUDIT_ARCH_X86_64
        #elif defined(__aarch64__)
        #define NATIVE AUDIT_ARCH_AARCH64
        #endif
        #define LOAD(what) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, what))
        #define GIVE(what) BPF_STMT(BPF_RET | BPF_K, what)
        #define IS(value, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, otherwise)
        #define ALLOW(value) IS(value, 1), GIVE(SECCOMP_RET_ALLOW)
        static struct sock_filter filter[] = {
            LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0), GIVE(SECCOMP_RET_KILL_PROCESS),
            LOAD(nr), IS(__NR_socket, {{2 * families.Length + 2}}), LOAD(args[0]),
            {{string.Join(", ", families.Select(family => $"ALLOW({family})"))}},
            GIVE(SECCOMP_RET_ERRNO | EAFNOSUPPORT),
        {{string.Concat(calls.Order(StringComparer.Ordinal).Select(call => $"""
        #ifdef __NR_{call}
            ALLOW(__NR_{call}),
        #endif

        """))}}
            GIVE(SECCOMP_RET_KILL_PROCESS),
        };
        int main(int argc, char **argv) {
            struct sock_fprog program = { sizeof filter / sizeof *filter, filter };
            if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
                perror("seccomp");
                return 2;
            }
            execv(argv[1], argv + 1);
            perror(argv[1]);
            return 2;
        }
        """;
}
