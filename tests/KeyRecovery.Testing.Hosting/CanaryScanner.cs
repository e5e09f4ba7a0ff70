using System.Buffers;
using System.Globalization;

namespace KeyRecovery.Testing.Hosting;

/// <summary>
/// Looks for canaries in bytes, files and the memory of a process. What it looked through is counted, so that a scan of
/// nothing shows.
/// </summary>
public sealed class CanaryScanner
{
    private const int Chunk = 4 * 1024 * 1024;

    // Eight bytes begin a spelling well enough; a hit is then compared in full.
    private const int PrefixSize = 8;

    private readonly Dictionary<ulong, List<(string Name, byte[] Bytes)>> _byPrefix = [];

    // Which prefixes there may be, by a hash of this many bits: what is looked through is long, and few places pass.
    private const int HashBits = 18;
    private readonly bool[] _mayBegin = new bool[1 << HashBits];
    private readonly int _longest;

    /// <summary>Prepares a scan.</summary>
    public CanaryScanner(IEnumerable<Canary> canaries)
    {
        foreach (var canary in canaries)
        {
            foreach (var (spelling, bytes) in canary.Spellings().Where(s => s.Bytes.Length >= PrefixSize))
            {
                var prefix = BitConverter.ToUInt64(bytes);
                if (!_byPrefix.TryGetValue(prefix, out var list)) _byPrefix[prefix] = list = [];
                _mayBegin[Hash(prefix)] = true;
                list.Add(($"{canary.What} ({spelling})", bytes));
                _longest = Math.Max(_longest, bytes.Length);
            }
        }
    }

    /// <summary>How many bytes were looked through.</summary>
    public long Scanned { get; private set; }

    /// <summary>What was found in some bytes.</summary>
    public IEnumerable<string> Scan(string where, ReadOnlyMemory<byte> bytes)
    {
        Scanned += bytes.Length;
        return Find(bytes.Span).Select(name => $"{where}: {name}").ToList();
    }

    /// <summary>What was found in a file.</summary>
    public IEnumerable<string> ScanFile(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return ScanStream(path, file, file.Length);
    }

    /// <summary>What was found in the readable and writable memory of a process (<c>/proc/PID/mem</c>).</summary>
    public IEnumerable<string> ScanMemory(int processId)
    {
        var hits = new List<string>();
        ReadMemory(processId, (where, memory, length) => hits.AddRange(ScanStream(where, memory, length)));
        return hits;
    }

    /// <summary>
    /// Writes that memory to a file, to be scanned when the process is gone and what to look for is known.
    /// </summary>
    public static void SaveMemory(int processId, string path)
    {
        using var file = File.Create(path);
        ReadMemory(processId, (_, memory, length) =>
        {
            var buffer = new byte[Chunk];
            for (int read; length > 0
                && (read = memory.Read(buffer, 0, (int)Math.Min(Chunk, length))) > 0; length -= read)
                file.Write(buffer, 0, read);
        });
    }

    private static void ReadMemory(int processId, Action<string, Stream, long> read)
    {
        using var memory = new FileStream(
            $"/proc/{processId}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        foreach (var line in File.ReadAllLines($"/proc/{processId}/maps"))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!fields[1].StartsWith("rw", StringComparison.Ordinal)) continue;
            var range = fields[0].Split('-')
                .Select(a => long.Parse(a, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray();
            try
            {
                memory.Position = range[0];
                read($"memory {fields[0]} {fields.ElementAtOrDefault(5)}", memory, range[1] - range[0]);
            }
            catch (IOException)
            {
                // A page that is reserved and was never touched.
            }
        }
    }

    private HashSet<string> ScanStream(string where, Stream stream, long length)
    {
        var hits = new HashSet<string>();
        var buffer = ArrayPool<byte>.Shared.Rent(Chunk + _longest);
        var kept = 0;
        while (length > 0)
        {
            var read = stream.Read(buffer, kept, (int)Math.Min(Chunk, length));
            if (read == 0) break;
            length -= read;
            Scanned += read;
            foreach (var name in Find(buffer.AsSpan(0, kept + read))) hits.Add($"{where}: {name}");
            var overlap = Math.Min(_longest - 1, kept + read);
            buffer.AsSpan(kept + read - overlap, overlap).CopyTo(buffer);
            kept = overlap;
        }
        ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        return hits;
    }

    private HashSet<string> Find(ReadOnlySpan<byte> bytes)
    {
        var hits = new HashSet<string>();
        for (var i = 0; i + PrefixSize <= bytes.Length; i++)
        {
            var prefix = BitConverter.ToUInt64(bytes[i..]);
            if (!_mayBegin[Hash(prefix)])
            {
                // Most of a memory is empty: on to where something is.
                if (prefix == 0 && bytes[i..].IndexOfAnyExcept((byte)0) is var used)
                    i += (used < 0 ? bytes.Length - i : used) - PrefixSize;
                continue;
            }
            if (!_byPrefix.TryGetValue(prefix, out var candidates)) continue;
            foreach (var (name, wanted) in candidates)
                if (bytes[i..].StartsWith(wanted)) hits.Add(name);
        }
        return hits;
    }

    private static int Hash(ulong prefix) => (int)(unchecked(prefix * 0x9E3779B97F4A7C15) >> (64 - HashBits));
}
