using System.Text;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Files;

namespace KeyRecovery.Cli.Kit;

/// <summary>
/// The file of a recovery kit, for its owner alone (0600). It is opened before the code is made part of the account, so
/// that a code never goes without its paper because of a wrong path; what is there already is not overwritten.
/// </summary>
internal sealed class KitFile : IDisposable
{
    private readonly FileStream _file;
    private bool _isWritten;

    private KitFile(FileStream file) => _file = file;

    public string Path => _file.Name;

    public static KitFile? Open(string? path)
    {
        if (path is null) return null;
        // Its page may be withdrawn again: what is no plain file is not ours to delete.
        if (FileKinds.Of(path) is FileKind.Special)
            throw new CommandException(new CliFailure("file-exists", $"{path} is a device or a pipe, and no file")
            {
                Advice = ["Choose another name. Nothing was changed."],
            });
        var options = new FileStreamOptions {
            Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, Share = FileShare.None,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(System.IO.Path.GetFullPath(path), options);
        if (file.Length > 0)
        {
            file.Dispose();
            throw new CommandException(
                new CliFailure("file-exists", $"{path} is there already, and may be the kit of another code")
                {
                    Advice = ["Choose another name. Nothing was changed."],
                });
        }
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file.SafeFileHandle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return new KitFile(file);
    }

    public void Write(RecoveryKit kit)
    {
        _file.Write(Encoding.UTF8.GetBytes(KitPage.Render(kit)));
        _file.Flush(flushToDisk: true);
        _isWritten = true;
    }

    /// <summary>The code did not become the account's: its page goes again.</summary>
    public void Withdraw() => _isWritten = false;

    public void Dispose()
    {
        _file.Dispose();
        if (!_isWritten) File.Delete(_file.Name);
    }
}
