using KeyRecovery.Api.Options;
using KeyRecovery.Api.Reports;
using KeyRecovery.Api.Stores;
using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Backups;
using KeyRecovery.Storage.Files.Fence;
using KeyRecovery.Storage.Files.Ring;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Api.Backups;

/// <summary>
/// Restores from a set, in three steps that each may be done again: new files are made beside the old ones, they take
/// their places, and the two stores are joined. Until the last has ended nobody is served.
/// </summary>
internal sealed class RestoreRun(
    KeyRecoveryOptions options, RestoreArguments arguments, TimeProvider time, Action<string> tell)
{
    private readonly DataDirectories _places = options.Directories;
    private readonly IStoreFiles _home = StoreHomes.FilesOf(
        options, new ServerClock(time), NullLoggerFactory.Instance);
    private readonly BackupFolder _folder = new(arguments.From!);
    private int _lost;
    private int _locked;
    private bool _isInstead;

    public async Task<RestoreReport> RunAsync(CancellationToken ct)
    {
        try
        {
            _places.Create();
            var set = _folder.Read(out var isSignedBy);
            if (arguments.AuditKey is { } auditKey && !isSignedBy(auditKey))
                return RestoreReport.Refused("the set was not signed with that audit key", arguments.Part);
            if (_home.MoveOf() is { } move)
                return RestoreReport.Refused(
                    $"{_home.PlaceOf(StoreKind.Data)} was moved to {move.Other}, or is on its way there",
                    arguments.Part);
            var swaps = Swaps(set);
            var marker = RestoreMarker.Read(_places.Stores);
            // Nothing was touched yet: another set will do as well.
            if (marker is { State: RestoreState.Building }) marker = null;
            using var fence = arguments.HasKeys ? await RestoreFence.OpenAsync(options, time) : null;
            var refusals = new RestoreRefusals(_home, fence, arguments, _folder, set, time);
            if (await refusals.FindAsync(swaps, marker, ct) is { } refusal)
                return RestoreReport.Refused(refusal, arguments.Part);
            _isInstead = marker is not null && !refusals.IsThis(marker);
            using (_home.Lock())
            {
                if (marker is null && arguments.HasKeys
                    && await PresentKeys.AreSoundAsync(_home, options, set, time, ct))
                    return RestoreReport.Refused(
                        $"{_home.PlaceOf(StoreKind.Keys)} is sound: a restore would lose what is newer, and undo no "
                        + "damage. Move it away by hand if you mean to", arguments.Part);
                if (marker is null || _isInstead)
                {
                    if (await TryBuildAsync(set, isSignedBy, swaps, ct) is { } problem)
                        return RestoreReport.Refused(problem, arguments.Part);
                    if (fence is not null) await fence.TakeAsync(_folder, set, ct);
                }

                if (marker is not { State: RestoreState.Joining } || _isInstead)
                {
                    Mark(set, RestoreState.Swapping);
                    foreach (var swap in swaps) swap.Run();
                    Mark(set, RestoreState.Joining);
                }
            }

            return await JoinAsync(set, swaps, ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or StoreUnavailableException
            or StoreOpenException or KekRingException or RootKeyMismatchException)
        {
            var begun = RestoreMarker.Read(_places.Stores) is not { State: RestoreState.Building } and not null;
            return RestoreReport.Refused(
                e.Message, arguments.Part) with { Outcome = begun ? "quarantined" : "refused" };
        }
    }

    private List<IStoreExchange> Swaps(BackupSet set)
    {
        var (swaps, tag) = (new List<IStoreExchange>(), set.Id.ToString()[..8]);
        if (arguments.HasData) swaps.Add(_home.Exchange(StoreKind.Data, tag));
        if (arguments.HasKeys) swaps.Add(_home.Exchange(StoreKind.Keys, tag));
        return swaps;
    }

    // What fails here has changed nothing, and must not keep the server from starting, nor another set from being
    // tried.
    private async Task<string?> TryBuildAsync(
        BackupSet set, Func<VerifyKey, bool> isSignedBy, List<IStoreExchange> swaps, CancellationToken ct)
    {
        var isBuilt = false;
        try
        {
            var problem = await BuildAsync(set, isSignedBy, swaps, ct);
            isBuilt = problem is null;
            return problem;
        }
        finally
        {
            if (!isBuilt) Unmark(swaps);
        }
    }

    private async Task<string?> BuildAsync(
        BackupSet set, Func<VerifyKey, bool> isSignedBy, List<IStoreExchange> swaps, CancellationToken ct)
    {
        tell("checking the set");
        if (await _folder.FindProblemsAsync(set, ct) is [var broken, ..]) return broken;
        // Until the files are exchanged, what is joined is the other one's.
        if (!_isInstead) Mark(set, RestoreState.Building);
        foreach (var swap in swaps) swap.Clear();
        var (data, keys) = (_home.PlaceOf(StoreKind.Data), _home.PlaceOf(StoreKind.Keys));
        if (arguments.HasData)
        {
            tell("copying the data");
            await using (var from = _folder.OpenData(set)) await swaps[0].CopyAsync(from, ct);
            data = swaps[0].Incoming;
        }

        if (arguments.HasKeys)
        {
            tell("opening the keys");
            keys = swaps[^1].Incoming;
            var restored = new RestoreKeys(options, arguments, _folder, set);
            await restored.WriteAsync(
                (root, mayCreate, first) => Task.FromResult<IKekRing>(FileKekRing.Open(
                    _places.Ring, root, SystemRandom.Instance, time, mayCreate, first)),
                rows => _home.WriteKeysAsync(keys, set.PairId, rows, ct), ct);
            (_lost, _locked) = (restored.Lost, restored.Locked);
        }

        return await CheckAsync(set, isSignedBy, data, keys);
    }

    // A set of another server would be noticed by nobody until each account is found not to open. No byte of the data
    // is looked at before the signature says whose they are: a database file is a program's input like any other.
    private async Task<string?> CheckAsync(BackupSet set, Func<VerifyKey, bool> isSignedBy, string data, string keys)
    {
        const string Foreign = "the set and the stores are not of the same server";
        if (!_home.PairIdOf(StoreKind.Keys, keys).Span.SequenceEqual(set.PairId.Span)) return Foreign;
        if (!await IsSignedAsync(isSignedBy, keys))
            return "the set was not signed by this server: somebody has changed what it says";
        return _home.PairIdOf(StoreKind.Data, data).Span.SequenceEqual(set.PairId.Span) ? null : Foreign;
    }

    private async Task<bool> IsSignedAsync(Func<VerifyKey, bool> isSignedBy, string keys)
    {
        using var root = (IDisposable)await RootKeys.OpenAsync(options, SystemRandom.Instance, mayCreate: false);
        return await _home.LookIntoKeysAsync(keys, async store =>
        {
            using var secrets = await ServerSecrets.LoadOrCreateAsync(
                store, (IRootKey)root, SystemRandom.Instance, CancellationToken.None);
            return secrets.HaveSigned(isSignedBy);
        });
    }

    private async Task<RestoreReport> JoinAsync(BackupSet set, List<IStoreExchange> swaps, CancellationToken ct)
    {
        tell("joining the stores");
        await using var stores =
            await ServerStores.OpenAsync(options, time, NullLoggerFactory.Instance, isRestoring: true);
        if (arguments.HasKeys) await HoldAsync(stores.Sets, options, set, time, ct);

        var joined = await stores.Service.Quarantine.JoinAsync(
            set.MadeAt, arguments.HasData, arguments.HasKeys, !arguments.SweepAnyway, ct);
        if (joined.IsDone) RestoreMarker.Remove(_places.Stores);
        return RestoreReport.Of(joined, arguments.Part, _lost, _locked,
            [.. swaps.Where(swap => swap.HasReplaced).Select(swap => swap.Replaced)]);
    }

    /// <summary>
    /// Has erasures wait for all sets that may still open: the list may be older than sets that were made since. None
    /// of them lives longer than this.
    /// </summary>
    public static ValueTask HoldAsync(
        BackupSetList sets, KeyRecoveryOptions options, BackupSet set, TimeProvider time, CancellationToken ct)
    {
        var latest = time.GetUtcNow().AddDays(options.Backup.ExpiresAfterDays);
        var own = DateTimeOffset.FromUnixTimeSeconds((long)set.ExpiresAt);
        return sets.AddAsync(set.Id, new KekId(1), own > latest ? own : latest, ct);
    }

    private void Mark(BackupSet set, RestoreState state) =>
        new RestoreMarker(set.Id.ToString(), RestoreReport.Word(arguments.Part), state).Write(_places.Stores);

    private void Unmark(List<IStoreExchange> swaps)
    {
        foreach (var swap in swaps) swap.Clear();
        if (!_isInstead) RestoreMarker.Remove(_places.Stores);
    }
}
