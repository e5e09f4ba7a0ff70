using System.Buffers.Binary;

namespace KeyRecovery.Storage.Tests.Support;

/// <summary>All runs of 16 bytes in files, to look secrets up in.</summary>
public sealed class Windows
{
    private const int Size = 16;

    private readonly HashSet<UInt128> _windows = [];

    /// <summary>Reads the files; those that are as long as they are said to be, but empty, count as empty.</summary>
    public Windows(IEnumerable<string> files)
    {
        foreach (var file in files)
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            if (stream.Length == 0) continue;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            for (var i = 0; i + Size <= bytes.Length; i++)
            {
                // Zeros are no secret, and most of a disk.
                var window = BinaryPrimitives.ReadUInt128BigEndian(bytes.AsSpan(i));
                if (window != 0) _windows.Add(window);
            }
        }
    }

    /// <summary>How many of <paramref name="secrets"/> have any 16 bytes in a row there.</summary>
    public int Found(IEnumerable<byte[]> secrets) =>
        secrets.Count(secret => Enumerable.Range(0, secret.Length - Size + 1)
            .Any(i => _windows.Contains(BinaryPrimitives.ReadUInt128BigEndian(secret.AsSpan(i)))));
}
