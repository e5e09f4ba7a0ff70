using System.Collections.Immutable;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Reports;
using KeyRecovery.Api.Stores;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Restore;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Backups;
using KeyRecovery.Storage.Files.Ring;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Api.Backups;

/// <summary>
/// Restores stores that are accounts: the platform has brought back the data, and the keys come of a set into a key
/// store that is empty. A mark in the key store keeps everybody else out until the two are joined; whatever is cut
/// short is run again.
/// </summary>
internal sealed class AccountRestore(
    KeyRecoveryOptions options, RestoreArguments arguments, TimeProvider time, Action<string> tell,
    Func<ServerClock, IStoreHome>? homes = null)
{
    private readonly IStoreAccounts _home = (IStoreAccounts)(homes?.Invoke(new ServerClock(time))
        ?? StoreHomes.Of(options, new ServerClock(time), NullLoggerFactory.Instance));
    private readonly BackupFolder? _folder = arguments.From is { } from ? new BackupFolder(from) : null;
    private int _lost;
    private int _locked;

    public async Task<RestoreReport> RunAsync(CancellationToken ct)
    {
        var isBegun = false;
        try
        {
            options.Directories.Create();
            if (FindInArguments() is { } wrong) return Refused(wrong);
            Func<VerifyKey, bool> isSignedBy = _ => false;
            var set = arguments.HasKeys ? _folder!.Read(out isSignedBy) : null;
            if (set is not null && arguments.AuditKey is { } auditKey && !isSignedBy(auditKey))
                return Refused("the set was not signed with that audit key");
            var (data, keys) = (await _home.PairIdOfAsync(StoreKind.Data), await _home.PairIdOfAsync(StoreKind.Keys));
            var marker = await _home.RestoreAsync();
            using var fence = set is null ? null : await RestoreFence.OpenAsync(options, time);
            if (marker is null && await FindAsync(set, fence, data, keys, ct) is { } refusal) return Refused(refusal);
            if (marker is not null && marker != Mark(set, RestoreState.Building)
                && marker != Mark(set, RestoreState.Joining))
                return Refused($"another restore was begun here and has not ended ({marker}): run that one again, or "
                    + "name another database for the keys");
            isBegun = marker is not null;
            var pair = set?.PairId ?? keys!.Value;
            if (marker != Mark(set, RestoreState.Joining))
            {
                if (set is not null)
                {
                    if (await CheckAsync(set, isSignedBy, ct) is { } broken) return Refused(broken);
                    await _home.MarkRestoreAsync(pair, marker, Mark(set, RestoreState.Building));
                    (isBegun, marker) = (true, Mark(set, RestoreState.Building));
                    await FillAsync(set, ct);
                    await fence!.TakeAsync(_folder!, set, ct);
                }

                await _home.MarkRestoreAsync(pair, marker, Mark(set, RestoreState.Joining));
                isBegun = true;
            }

            return await JoinAsync(set, pair, ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or StoreUnavailableException
            or StoreOpenException or KekRingException or RootKeyMismatchException or WireFormatException)
        {
            return Refused(e.Message) with { Outcome = isBegun ? "quarantined" : "refused" };
        }
    }

    private RestoreReport Refused(string problem) => RestoreReport.Refused(problem, arguments.Part);

    private string Mark(BackupSet? set, RestoreState state) => new RestoreMarker(
        set?.Id.ToString() ?? "platform", RestoreReport.Word(arguments.Part), state).ToText();

    private string? FindInArguments()
    {
        if (arguments.HasData != arguments.AsOf is not null)
            return arguments.HasData
                ? "the platform brings back the data: --as-of says to when it has" : "--as-of goes with the data";
        if (arguments.HasKeys != arguments.From is not null)
            return arguments.HasKeys ? "the keys come of a set: --from" : "a set has no data: --as-of without --from";
        if (arguments.Replace) return "--replace is for files: name an account or a database that is empty";
        return arguments.AsOf > time.GetUtcNow() ? "--as-of is still to come" : null;
    }

    private async Task<string?> FindAsync(
        BackupSet? set, RestoreFence? fence, ReadOnlyMemory<byte>? data, ReadOnlyMemory<byte>? keys,
        CancellationToken ct)
    {
        var place = _home.PlaceOf(StoreKind.Keys);
        if (data is not { } pair)
            return $"{_home.PlaceOf(StoreKind.Data)} is no data store: have the platform bring it back";
        if (set is null)
            return keys is not { } living ? $"{place} is no key store to join the data to: --part all restores both"
                : pair.Span.SequenceEqual(living.Span) ? null : "the data and the keys are not of the same server";
        if (keys is not null)
            return $"{place} is a key store: set KeyRecovery:Cosmos:Keys to an account or a database that is empty";
        if (!pair.Span.SequenceEqual(set.PairId.Span)) return "the set and the data are not of the same server";
        return RestoreRefusals.FindInSet(arguments with { Part = RestorePart.Keys }, set, time)
            ?? await fence!.CheckAsync(_folder!, set, arguments.OldTombstones, ct);
    }

    // The whole of it, before anything is written.
    private async Task<string?> CheckAsync(BackupSet set, Func<VerifyKey, bool> isSignedBy, CancellationToken ct)
    {
        tell("checking the set");
        if (await _folder!.FindProblemsAsync(set, ct) is [var broken, ..]) return broken;
        if (EscrowOpening.TryOpen(arguments, set) is { } escrowed)
        {
            try
            {
                return await CheckAsync(set, escrowed, isSignedBy);
            }
            finally
            {
                foreach (var kek in escrowed) kek.Dispose();
            }
        }

        if (options.Ring.KeyVault is not null)
            return "the standings of the ring went with the key store: the set's --escrow and the --offline-key are "
                + "needed";
        using var root = (IDisposable)await RootKeys.OpenAsync(options, SystemRandom.Instance, mayCreate: false);
        using var ring = FileKekRing.Open(
            options.Directories.Ring, (IRootKey)root, SystemRandom.Instance, time, mayCreate: false);
        return SnapshotImport.Find(() => _folder.OpenKeys(set), set, ring) is { } keks
            ? await CheckAsync(set, keks, isSignedBy)
            : "the ring no longer has the KEK of this set: its --escrow and the --offline-key are needed";
    }

    private async Task<string?> CheckAsync(BackupSet set, ImmutableArray<Kek> keks, Func<VerifyKey, bool> isSignedBy)
    {
        var check = new SnapshotCheck(keks);
        await using var file = _folder!.OpenKeys(set);
        check.Read(file, set, isSignedBy);
        file.End();
        return check.IsSigned
            ? null : "the set was not signed by the server whose keys it holds: somebody has changed what it says";
    }

    private async Task FillAsync(BackupSet set, CancellationToken ct)
    {
        tell("opening the keys");
        await using var pair = await _home.OpenRestoredAsync();
        var restored = new RestoreKeys(options, arguments, _folder!, set);
        await restored.WriteAsync(
            (root, mayCreate, first) => SharedPlaces.RingAsync(
                options, pair.Keys, root, SystemRandom.Instance, time,
                mayCreate || options.Ring.KeyVault is not null, first),
            rows => _home.FillKeysAsync(rows, ct), ct);
        (_lost, _locked) = (restored.Lost, restored.Locked);
    }

    private async Task<RestoreReport> JoinAsync(BackupSet? set, ReadOnlyMemory<byte> pair, CancellationToken ct)
    {
        tell("joining the stores");
        JoinReport joined;
        await using (var stores = await ServerStores.OpenAsync(
            options, time, NullLoggerFactory.Instance, isRestoring: true, home: _ => _home))
        {
            if (set is not null) await RestoreRun.HoldAsync(stores.Sets, options, set, time, ct);
            var madeAt = Math.Min(
                set?.MadeAt ?? ulong.MaxValue, (ulong?)arguments.AsOf?.ToUnixTimeSeconds() ?? ulong.MaxValue);
            joined = await stores.Service.Quarantine.JoinAsync(
                madeAt, arguments.HasData, arguments.HasKeys, !arguments.SweepAnyway, ct);
        }

        if (joined.IsDone) await _home.MarkRestoreAsync(pair, Mark(set, RestoreState.Joining), null);
        return RestoreReport.Of(joined, arguments.Part, _lost, _locked, []);
    }
}
