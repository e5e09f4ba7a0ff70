using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Files;
using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery.Cli.Auditing;

/// <summary>A log as it lies in a folder, or in a copy of it.</summary>
internal sealed class LogDirectory : ILogSource
{
    private readonly string _root;

    /// <exception cref="CommandException">There is no such folder.</exception>
    public LogDirectory(string root) => _root = Directory.Exists(root)
        ? root : throw new CommandException(new CliFailure("file", $"{root} is no folder"));

    public async ValueTask<byte[]?> GetAsync(string name, CancellationToken ct)
    {
        var path = Path.Combine(_root, name.Replace('/', Path.DirectorySeparatorChar));
        switch (FileKinds.Of(path))
        {
            case FileKind.Missing:
                return null;
            case FileKind.Special:
                throw new CommandException(new CliFailure("file", $"{path} is no file"));
        }

        await using var stream = File.OpenRead(path);
        var buffer = new byte[LogReader.MaxFile + 1];
        return buffer[..await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct)];
    }
}
