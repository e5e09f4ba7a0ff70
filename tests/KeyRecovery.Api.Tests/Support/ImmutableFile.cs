using System.Diagnostics;

namespace KeyRecovery.Api.Tests.Support;

/// <summary>A file that nobody can change or delete, root neither: the kernel's immutable flag on ext4.</summary>
internal sealed class ImmutableFile : IDisposable
{
    private readonly string _path;

    public ImmutableFile(string path)
    {
        _path = path;
        Assert.Equal(0, Change("+i"));
    }

    public void Dispose() => Change("-i");

    private int Change(string flag)
    {
        using var chattr = Process.Start("chattr", [flag, _path]);
        chattr.WaitForExit();
        return chattr.ExitCode;
    }
}
