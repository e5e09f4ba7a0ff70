using System.Text;
using Serilog.Sinks.File;

namespace KeyRecovery.Api.Telemetry;

/// <summary>A log's files are their owner's (0600), whatever the umask says: they tell when who did what.</summary>
internal sealed class PrivateLogFiles : FileLifecycleHooks
{
    public override Stream OnFileOpened(string path, Stream underlyingStream, Encoding encoding)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return base.OnFileOpened(path, underlyingStream, encoding);
    }
}
