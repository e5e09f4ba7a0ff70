using System.Diagnostics;
using Tmds.DBus.Protocol;

namespace KeyRecovery.Testing.Hosting;

/// <summary>
/// A desktop session of a test's own, without a screen: a session bus and GNOME Keyring on it, with a home and folders
/// of their own, so that nothing of whoever runs the tests is touched. It has no program that could ask a person. It
/// ends when its standard input does, also where the tests were killed.
/// </summary>
public sealed class TestDesktop : IDisposable
{
    private const string Keyring = "printf %s secret | gnome-keyring-daemon --unlock --components=secrets";
    private const string Service = "org.freedesktop.secrets";
    private const string Login = "/org/freedesktop/secrets/collection/login";

    // Services are not started by a call: none of the machine's own comes in.
    private const string Configuration = """
        <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
          "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
        <busconfig>
          <type>session</type>
          <listen>unix:tmpdir=/tmp</listen>
          <policy context="default">
            <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
          </policy>
        </busconfig>
        """;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly TempFolder _folder = new();
    private readonly Process _process;

    private TestDesktop(bool hasKeyring)
    {
        File.WriteAllText(_folder["bus.conf"], Configuration);
        if (!OperatingSystem.IsWindows())
            Directory.CreateDirectory(
                _folder["run"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var script = $"{(hasKeyring ? $"{Keyring} >&2; " : "")}echo \"$DBUS_SESSION_BUS_ADDRESS\"; "
            + $"while read -r line; do {Keyring} --replace >&2; echo done; done";
        var start = new ProcessStartInfo(
            "dbus-run-session", [$"--config-file={_folder["bus.conf"]}", "--", "sh", "-c", script])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var name in (string[])["DISPLAY", "WAYLAND_DISPLAY", "GNOME_KEYRING_CONTROL", "GNOME_KEYRING_PID"])
            start.Environment.Remove(name);
        (start.Environment["HOME"], start.Environment["XDG_RUNTIME_DIR"]) = (_folder.Path, _folder["run"]);
        foreach (var name in (string[])["DATA", "CONFIG", "CACHE"])
            start.Environment[$"XDG_{name}_HOME"] = _folder[name];
        _process = Process.Start(start)!;
        _ = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>The address of its session bus.</summary>
    public string Bus { get; private set; } = "";

    /// <summary>Starts one, with its keyring open unless told otherwise.</summary>
    /// <param name="hasKeyring">False for a bus that nothing answers on.</param>
    public static async Task<TestDesktop> StartAsync(bool hasKeyring = true)
    {
        var desktop = new TestDesktop(hasKeyring);
        try
        {
            desktop.Bus = await desktop._process.StandardOutput.ReadLineAsync().WaitAsync(Limit)
                ?? throw new InvalidOperationException("the session bus did not start");
            if (hasKeyring) await desktop.WaitUntilOpenAsync();
            return desktop;
        }
        catch
        {
            desktop.Dispose();
            throw;
        }
    }

    /// <summary>Locks the keyring, as a desktop does when its person goes away.</summary>
    public async Task LockAsync()
    {
        using var bus = await ConnectAsync();
        var writer = bus.GetMessageWriter();
        writer.WriteMethodCallHeader(
            Service, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service", "Lock", "ao", MessageFlags.None);
        var paths = writer.WriteArrayStart(DBusType.ObjectPath);
        writer.WriteObjectPath(Login);
        writer.WriteArrayEnd(paths);
        await bus.CallMethodAsync(writer.CreateMessage()).WaitAsync(Limit);
    }

    /// <summary>Opens it with its password, by a keyring that takes the place of the one that runs.</summary>
    public async Task UnlockAsync()
    {
        await _process.StandardInput.WriteLineAsync("unlock");
        await _process.StandardInput.FlushAsync();
        await _process.StandardOutput.ReadLineAsync().WaitAsync(Limit);
        await WaitUntilOpenAsync();
    }

    /// <summary>Ends the session: its bus goes away.</summary>
    public void End()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(Limit)) _process.Kill(entireProcessTree: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        End();
        _process.Dispose();
        _folder.Dispose();
    }

    private async Task WaitUntilOpenAsync()
    {
        using var bus = await ConnectAsync();
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(20))
        {
            try
            {
                var writer = bus.GetMessageWriter();
                writer.WriteMethodCallHeader(
                    Service, Login, "org.freedesktop.DBus.Properties", "Get", "ss", MessageFlags.None);
                writer.WriteString("org.freedesktop.Secret.Collection");
                writer.WriteString("Locked");
                if (!await bus.CallMethodAsync(
                    writer.CreateMessage(), static (m, _) => m.GetBodyReader().ReadVariantValue().GetBool())) return;
            }
            catch (DBusErrorReplyException) when (clock.Elapsed < Limit)
            {
                // It is not there yet.
            }
            if (clock.Elapsed >= Limit) throw new TimeoutException("the keyring did not open");
        }
    }

    private async Task<DBusConnection> ConnectAsync()
    {
        var bus = new DBusConnection(Bus);
        await bus.ConnectAsync().AsTask().WaitAsync(Limit);
        return bus;
    }
}
