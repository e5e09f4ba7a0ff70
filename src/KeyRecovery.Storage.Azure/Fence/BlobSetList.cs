using System.Globalization;
using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Azure.Blobs;

namespace KeyRecovery.Storage.Azure.Fence;

/// <summary>
/// The list of backup sets as the names of blobs, which are empty: <c>backup-sets/ID/KEK/EXPIRES</c>, the id in 32
/// hexadecimal digits, the others in decimal. So a listing tells all of it, an addition whose answer was lost is the
/// same blob, and instances add beside one another.
/// </summary>
/// <param name="place">The container.</param>
public sealed class BlobSetList(BlobPlace place) : ISetList
{
    private const string Folder = "backup-sets/";

    private volatile IReadOnlyList<ListedSet> _read = [];

    /// <inheritdoc/>
    public async ValueTask AddAsync(ListedSet set, CancellationToken ct)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{Folder}{set.Set}/{set.Kek}/{set.ExpiresAt}");
        if (!await place.PutNewAsync(name, ReadOnlyMemory<byte>.Empty, ct).ConfigureAwait(false)) throw NotOurs(name);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ListedSet>> ReadAsync(CancellationToken ct)
    {
        var sets = new List<ListedSet>();
        await foreach (var name in place.ListAsync(Folder, ct).ConfigureAwait(false)) sets.Add(Parse(name));
        var before = _read;
        return before.SequenceEqual(sets) ? before : _read = sets;
    }

    // What cannot be read may hold a KEK: it is not skipped.
    private static ListedSet Parse(string name)
    {
        try
        {
            return name[Folder.Length..].Split('/') is [var set, var kek, var expires]
                ? new ListedSet(
                    new BackupSetId(Convert.FromHexString(set)),
                    uint.Parse(kek, NumberStyles.None, CultureInfo.InvariantCulture),
                    long.Parse(expires, NumberStyles.None, CultureInfo.InvariantCulture))
                : throw NotOurs(name);
        }
        catch (Exception e) when (e is FormatException or OverflowException or Protocol.Wire.WireFormatException)
        {
            throw NotOurs(name);
        }
    }

    private static StoreUnavailableException NotOurs(string name) =>
        new(StoreFault.Failed, $"the blob {name} is no line of the list of backup sets");
}
