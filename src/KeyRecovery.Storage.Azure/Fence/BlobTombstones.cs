using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Azure.Blobs;

namespace KeyRecovery.Storage.Azure.Fence;

/// <summary>
/// The list of tombstones as blobs, one for each append: <c>tombstones/HASH</c>, of 64 hexadecimal digits and a line
/// feed for each tombstone, named by the SHA-256 of that. So instances write beside one another, an append whose answer
/// was lost is the same blob, and one that was changed since is found.
/// </summary>
/// <param name="place">The container.</param>
public sealed class BlobTombstones(BlobPlace place) : ITombstones
{
    private const string Folder = "tombstones/";
    private const int LineSize = 2 * Hash256.Size + 1;
    private const int MaxLines = 4_096;
    private const int AtOnce = 16;

    /// <inheritdoc/>
    public async ValueTask AppendAsync(IReadOnlyCollection<Hash256> tombstones, CancellationToken ct)
    {
        foreach (var batch in tombstones.Chunk(MaxLines))
        {
            var content = Encoding.ASCII.GetBytes(string.Concat(
                batch.Select(tombstone => Convert.ToHexStringLower(tombstone.ToArray()) + '\n')));
            if (!await place.PutNewAsync(NameOf(content), content, ct).ConfigureAwait(false))
                throw NotAsWritten(NameOf(content));
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlySet<Hash256>> ReadAsync(CancellationToken ct)
    {
        var read = new ConcurrentBag<Hash256>();
        var limit = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct };
        await Parallel.ForEachAsync(place.ListAsync(Folder, ct), limit, async (name, stop) =>
        {
            var blob = await place.ReadAsync(name, BlobPlace.MaxSize, stop).ConfigureAwait(false);
            foreach (var tombstone in Parse(name, blob?.Bytes)) read.Add(tombstone);
        }).ConfigureAwait(false);
        return read.ToHashSet();
    }

    // What cannot be read may name somebody: it is not skipped.
    private static List<Hash256> Parse(string name, byte[]? content)
    {
        if (content is null || name != NameOf(content) || content.Length % LineSize != 0) throw NotAsWritten(name);
        var lines = new List<Hash256>(content.Length / LineSize);
        try
        {
            for (var at = 0; at < content.Length; at += LineSize)
            {
                if (content[at + LineSize - 1] != '\n') throw NotAsWritten(name);
                lines.Add(new Hash256(Convert.FromHexString(
                    Encoding.ASCII.GetString(content.AsSpan(at, LineSize - 1)))));
            }
        }
        catch (FormatException)
        {
            throw NotAsWritten(name);
        }

        return lines;
    }

    private static string NameOf(byte[] content) => Folder + Convert.ToHexStringLower(SHA256.HashData(content));

    private static StoreUnavailableException NotAsWritten(string name) => new(
        StoreFault.Failed, $"the blob {name} is no list of tombstones as it was written: put its copy there");
}
