using System.Text;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Reports;
using KeyRecovery.Api.Stores;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Maintenance;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Backups;

namespace KeyRecovery.Api.Backups;

/// <summary>
/// Makes backup sets (docs/protocol.md §16), one at a time, beside all that is going on. Data first, keys after them:
/// an account that is made in between has a key and lost data, which its device gives back, and not data that nobody
/// opens.
/// </summary>
internal sealed class BackupRuns(ServerStores stores, KeyRecoveryOptions options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _running = new(1, 1);

    /// <summary>Makes one. A failure is told, and leaves no set.</summary>
    public async Task<BackupReport> RunAsync(BackupRequest request, Action<BackupLine> tell, CancellationToken ct)
    {
        await _running.WaitAsync(ct);
        try
        {
            return options.Instances > 1
                ? await InTurnAsync(request, tell, ct) : await TryAsync(request, tell, ct);
        }
        finally
        {
            _running.Release();
        }
    }

    public void Dispose() => _running.Dispose();

    // Of all instances one makes a set: their places may be one. What two would write at once is whole all the same.
    private async Task<BackupReport> InTurnAsync(BackupRequest request, Action<BackupLine> tell, CancellationToken ct)
    {
        // Its own, so that the turn is the next one's at once.
        await using var leases = new StoreLeases(stores.Pair.Keys, SystemRandom.Instance, time);
        for (BackupReport? report = null; ; await Task.Delay(Turn, time, ct))
        {
            var isBegun = false;
            if (await leases.TryRunAsync(Duty.Backup, MakeAsync, ct)) return report!;
            if (isBegun) return BackupReport.Failed("another instance has taken over: this one stood still");

            async Task MakeAsync(CancellationToken token)
            {
                isBegun = true;
                report = await TryAsync(request, tell, token);
            }
        }
    }

    private async Task<BackupReport> TryAsync(BackupRequest request, Action<BackupLine> tell, CancellationToken ct)
    {
        try
        {
            if (await RefuseAsync(request, ct) is { } refusal) return BackupReport.Failed(refusal);
            var now = time.GetUtcNow();
            var id = BackupSetId.Draw(SystemRandom.Instance);
            var partial = BackupFolder.Begin(request.To, id, stores.Pair.PairId, now);
            try
            {
                return await WriteAsync(partial, id, now, request, tell, ct);
            }
            catch
            {
                // Another instance takes away what one has left that stood still.
                if (Directory.Exists(partial.Location)) Directory.Delete(partial.Location, recursive: true);
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or StoreUnavailableException)
        {
            return BackupReport.Failed(e.InnerException is { } cause ? $"{e.Message}: {cause.Message}" : e.Message);
        }
    }

    private async Task<string?> RefuseAsync(BackupRequest request, CancellationToken ct)
    {
        if (!Path.IsPathFullyQualified(request.To)) return "the place for sets is an absolute path";
        if (stores.Service.Erasures.ClockProblem is { } moved)
            return $"a set would be named and expire by a wrong time: {moved}";
        if (request.ExpiresAfterDays is < 1 or > 365) return "keys expire after 1 to 365 days";
        if (request is { DataOnly: true, KeysOnly: true }) return "a set of neither is none";
        if (!request.KeysOnly && stores.Pair is not ICopiedData)
            return "the platform that keeps the data backs them up: a set is of the keys alone, with --keys-only";
        if (!request.DataOnly && options.Backup.OfflineKeyFile is null)
            return "KeyRecovery:Backup:OfflineKeyFile and :EscrowDirectory are not set: make a key with offline-key, "
                + "or leave the keys out with --data-only";
        if (!request.DataOnly && stores.Escrows is { IsThere: false } folder && !await stores.Sets.IsEmptyAsync(ct))
            return $"{folder.Location} is not the directory in which escrows were written before: is it mounted? If "
                + $"it was moved, move its files, the hidden one too; if all of them are lost, make an empty file "
                    + $"{folder.Mark}";
        var taken = options.Directories.Named.Select(place => place.Path)
            .Concat(options.Backup.EscrowDirectory is { } escrows ? [escrows] : []);
        return taken.FirstOrDefault(place => DataDirectories.Overlap(request.To, Path.GetFullPath(place))) is { } other
            ? $"sets do not lie in {other}, nor around it: a copy of one place must never hold another"
            : null;
    }

    private async Task<BackupReport> WriteAsync(
        BackupFolder partial, BackupSetId id, DateTimeOffset now, BackupRequest request, Action<BackupLine> tell,
        CancellationToken ct)
    {
        // Read before anything else: a key that cannot be read must not cost a copy of the data.
        var offline = request.DataOnly ? null : OfflineKey.ReadPublic(options.Backup.OfflineKeyFile!);
        if (offline is not null) stores.Escrows!.Prepare();
        if (!request.KeysOnly) await CopyDataAsync(partial, tell, ct);
        var (madeAt, expiresAt) =
            ((ulong)now.ToUnixTimeSeconds(),
                (ulong)now.AddDays(request.ExpiresAfterDays ?? options.Backup.ExpiresAfterDays).ToUnixTimeSeconds());
        var keys = offline is null ? null : await WriteKeysAsync(partial, id, madeAt, expiresAt, offline, tell, ct);
        // After the keys: what was erased meanwhile stands there.
        var tombstones = await CopyTombstonesAsync(partial, ct);
        tell(new BackupLine("checking", 0, null));
        var set = new BackupSet
        {
            Id = id,
            PairId = stores.Pair.PairId,
            MadeAt = madeAt,
            ExpiresAt = keys is null ? 0 : expiresAt,
            Kek = keys?.Kek ?? 0,
            Data = await BackupFolder.SumAsync(partial.DataFile, ct),
            Keys = await BackupFolder.SumAsync(partial.KeysFile, ct),
            Tombstones = tombstones,
            EscrowKey = keys?.EscrowKey ?? default,
        };
        // The escrow before the set has its name: a whole set always has one.
        if (keys is not null) stores.Escrows!.Write(id, keys.Escrow.Span);
        var whole = partial.Complete(set, stores.Service.Backups.Sign(set));
        return new BackupReport(
            BackupReport.DoneOutcome, null, whole.Location, id.ToString(), set.Data.Size, keys?.Rows ?? 0,
            keys is null ? null : stores.Escrows!.PathOf(id), keys is null ? null : expiresAt,
            stores.Service.Erasures.AuditKey.ToString(), request.DeleteExpired ? DeleteExpired(request.To, now) : 0);
    }

    // Of the keys alone: nobody opens one any more whose escrow is due. What somebody else has signed, or has put there
    // by another name, is his; what cannot be read or deleted is there the next time as well.
    private int DeleteExpired(string place, DateTimeOffset now)
    {
        var deleted = 0;
        foreach (var folder in Directory.EnumerateDirectories(place))
        {
            try
            {
                var set = new BackupFolder(folder).Read(out var isSignedBy);
                if (set is not { HasKeys: true, HasData: false } || set.ExpiresAt > (ulong)now.ToUnixTimeSeconds()
                    || !set.PairId.Span.SequenceEqual(stores.Pair.PairId.Span)
                    || !isSignedBy(stores.Service.Erasures.AuditKey)) continue;
                Directory.Delete(folder, recursive: true);
                deleted++;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It is the operator's, who sees it there.
            }
        }

        return deleted;
    }

    private async Task CopyDataAsync(BackupFolder partial, Action<BackupLine> tell, CancellationToken ct)
    {
        var data = (ICopiedData)stores.Pair;
        var most = data.DataBytes;
        var copying = data.CopyDataAsync(partial.DataFile, ct);
        while (await Task.WhenAny(copying, Task.Delay(Tick, time, CancellationToken.None)) != copying) Tell();
        await copying;
        Tell();

        void Tell() =>
            tell(new BackupLine(
                "data", new FileInfo(partial.DataFile) is { Exists: true } file ? file.Length : 0, most));
    }

    private async Task<KeyBackup> WriteKeysAsync(
        BackupFolder partial, BackupSetId id, ulong madeAt, ulong expiresAt, KemPublicKey offline,
        Action<BackupLine> tell, CancellationToken ct)
    {
        await using var file = partial.CreateKeys();
        var keys = await stores.Service.Backups.WriteKeysAsync(
            id, stores.Pair.PairId, madeAt, expiresAt, offline, file,
            rows => tell(new BackupLine("keys", (long)rows, null)), ct);
        file.Flush(flushToDisk: true);
        tell(new BackupLine("keys", (long)keys.Rows, null));
        return keys;
    }

    private async Task<FileSum> CopyTombstonesAsync(BackupFolder partial, CancellationToken ct)
    {
        var names = (await stores.Tombstones.ReadAsync(ct)).Select(name => Convert.ToHexStringLower(name.ToArray()))
            .Order(StringComparer.Ordinal);
        await using (var file = new StreamWriter(partial.CreateTombstones(), Encoding.ASCII))
            foreach (var name in names) await file.WriteAsync(name + '\n');
        var sum = await BackupFolder.SumAsync(partial.TombstonesFile, ct);
        return sum with { Size = sum.Size / BackupSet.TombstoneSize };
    }
}
