using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.EndToEnd.Tests.Memory;

/// <summary>
/// The operating system's randomness, each draw told in a file from where it lies: whoever looks for it elsewhere knows
/// what was drawn, and no copy is in this process. A record is a length in four bytes and the bytes.
/// </summary>
internal sealed class ToldRandom(string path) : IRandom, IDisposable
{
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _file =
        File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);

    private readonly Lock _gate = new();

    public void Fill(Span<byte> destination)
    {
        RandomNumberGenerator.Fill(destination);
        lock (_gate)
        {
            var end = RandomAccess.GetLength(_file);
            RandomAccess.Write(_file, BitConverter.GetBytes(destination.Length), end);
            RandomAccess.Write(_file, destination, end + sizeof(int));
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>What a file tells, the draws of one length.</summary>
    public static List<byte[]> Draws(string path, int length)
    {
        var draws = new List<byte[]>();
        ReadOnlySpan<byte> rest = File.ReadAllBytes(path);
        while (!rest.IsEmpty)
        {
            var size = BitConverter.ToInt32(rest);
            if (size == length) draws.Add(rest.Slice(sizeof(int), size).ToArray());
            rest = rest[(sizeof(int) + size)..];
        }
        return draws;
    }
}
