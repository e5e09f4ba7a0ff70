using System.Text;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Stores;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Storage.Files.Backups;
using KeyRecovery.Storage.Files.Fence;

namespace KeyRecovery.Api.Backups;

/// <summary>
/// The list of tombstones with which an older key store is corrected: it must have what it had when the set was made.
/// With an older list, whoever was erased since would be back.
/// </summary>
internal sealed class RestoreFence : IDisposable
{
    private readonly ITombstones _list;
    private readonly ISetList _listed;
    private readonly BackupSetList _sets;
    private readonly string _place;
    private readonly bool _isFile;

    private RestoreFence(KeyRecoveryOptions options, ITombstones list, ISetList listed, TimeProvider time)
    {
        (_list, _listed, _sets) = (list, listed, new BackupSetList(listed, null, time));
        _isFile = options.Blobs.Container is null;
        _place = options.Blobs.Container is { } container
            ? $"{container}/tombstones" : Path.Combine(options.Directories.Fence, TombstoneFile.FileName);
    }

    /// <exception cref="Service.Stores.StoreUnavailableException">It cannot be read.</exception>
    public static async Task<RestoreFence> OpenAsync(KeyRecoveryOptions options, TimeProvider time)
    {
        var (list, sets) = await SharedPlaces.FenceAsync(options, isRestoring: true);
        return new RestoreFence(options, list, sets, time);
    }

    /// <summary>Why a key store cannot be restored, or null.</summary>
    /// <param name="folder">The set's folder.</param>
    /// <param name="set">The set.</param>
    /// <param name="old">Whether the set's own list will do.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="IOException">The set's own list is not what was written.</exception>
    /// <exception cref="Service.Stores.StoreUnavailableException">The list cannot be read.</exception>
    public async Task<string?> CheckAsync(BackupFolder folder, BackupSet set, bool old, CancellationToken ct)
    {
        var missing = await MissingAsync(folder, set, ct);
        if (old || await IsThereAsync(missing, set, ct)) return null;
        return $"{_place} is missing, not the newest, or another server's: put the newest copy of its "
            + "place there. If there is none, --old-tombstones takes the set's own list, and everybody who was erased "
            + "since the set was made is back";
    }

    /// <summary>Adds what the set's own list has and this one lacks.</summary>
    /// <exception cref="IOException">The set's own list is not what was written.</exception>
    /// <exception cref="Service.Stores.StoreUnavailableException">The list cannot be read or written.</exception>
    public async Task TakeAsync(BackupFolder folder, BackupSet set, CancellationToken ct)
    {
        if (_list is TombstoneFile file) file.Ensure();
        await _list.AppendAsync(await MissingAsync(folder, set, ct), ct);
    }

    public void Dispose()
    {
        (_list as IDisposable)?.Dispose();
        (_listed as IDisposable)?.Dispose();
    }

    private async Task<bool> IsThereAsync(List<Hash256> missing, BackupSet set, CancellationToken ct)
    {
        if (missing.Count > 0 || (_isFile && !File.Exists(_place))) return false;
        // Every list has nothing at first, one that was made a moment ago as well: the list of sets beside it tells.
        return set.Tombstones.Size > 0 || await _sets.KnowsAsync(set.Id, ct);
    }

    private async Task<List<Hash256>> MissingAsync(BackupFolder folder, BackupSet set, CancellationToken ct)
    {
        var known = await _list.ReadAsync(ct);
        await using var own = folder.OpenTombstones(set);
        using var text = new StreamReader(own, Encoding.ASCII);
        var names = (await text.ReadToEndAsync(ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        try
        {
            return [.. names.Select(name => new Hash256(Convert.FromHexString(name))).Where(n => !known.Contains(n))];
        }
        catch (Exception e) when (e is FormatException or WireFormatException)
        {
            throw new IOException($"{folder.TombstonesFile} is no list of tombstones", e);
        }
    }
}
