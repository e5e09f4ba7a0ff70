using System.Collections.Immutable;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Undo;

/// <summary>Reads restore points, and believes none before the trail leads from it to the vault of now.</summary>
internal static class PointReader
{
    /// <summary>The points that are kept, the newest first; before them this device's own where it needs it.</summary>
    public static async Task<Result<ImmutableArray<RestorePointInfo>>> ListAsync(VaultView view, CancellationToken ct)
    {
        var answer = await view.Api.GetRestorePointsAsync(view.Keys, ct);
        if (!answer.Read(ClientJson.Default.RestorePointsJson).TryGet(out var told, out var failure)) return failure;
        var points = told.Points.Select(RestorePointInfo.Of).OfType<RestorePointInfo>();
        return ImmutableArray.CreateRange(KeptHere(view) is { } own ? points.Prepend(own) : points);
    }

    /// <summary>
    /// The last state that the reader could open, where that is not the one of now; null where a restore lost its place
    /// in the chain: no server takes it for a base then.
    /// </summary>
    public static RestorePointInfo? KeptHere(VaultView view) => view is { IsOpen: false, Good: { } good }
        && view.Newest.Chain.Contains(good.Vault.Manifest.Manifest.ChainHead)
        ? new RestorePointInfo(
            good.Vault.Manifest.Manifest.Version, good.Vault.Manifest.Hash, RestorePointReason.KeptHere, null, null,
            null, 0)
        : null;

    /// <summary>
    /// The newest point that opens, with its names where there is such a one; null where none does.
    /// </summary>
    public static async Task<Result<RestorePointInfo?>> FindAsync(VaultView view, CancellationToken ct)
    {
        if (!(await ListAsync(view, ct)).TryGet(out var points, out var unread)) return unread;
        RestorePointInfo? unnamed = null;
        foreach (var point in points)
        {
            if (!(await OpenAsync(view, point, ct)).TryGet(out var opened, out var failure))
            {
                if (failure is ClientFailure.PointDoesNotOpen) continue;
                return failure;
            }
            using (opened)
                if (opened.Content.Private is not null) return point;
            unnamed ??= point;
        }
        return unnamed;
    }

    /// <summary>Opens a point: what this reader keeps itself, or what the server tells.</summary>
    public static async Task<Result<UndoBase>> OpenAsync(VaultView view, RestorePointInfo info, CancellationToken ct)
    {
        if (info.Reason == RestorePointReason.KeptHere)
            return view.Good is { } good && good.Vault.Manifest.Hash == info.Manifest
                ? UndoBase.OfKept(good)
                : new ClientFailure.Invalid("that is not the state that this device keeps");

        var answer = await view.Api.GetRestorePointAsync(view.Keys, info.Manifest, ct);
        if (answer is Answer.Problem { Type: ProblemTypes.NotFound })
            return new ClientFailure.Invalid("the server keeps that restore point no more");
        if (answer is not Answer.Success success) return Failures.Of(answer);
        try
        {
            var point = RestorePoint.Decode(success.Body);
            if (point.Manifest.Hash != info.Manifest) return new ClientFailure.ServerLied(ProtocolFault.ForkedManifest);
            var (hashes, gaps) = await TrailAsync(view, point.Manifest.Manifest.Version, ct);
            if (point.Check(view.Newest, hashes, view.HomeKeys, gaps) is var wrong and not ProtocolFault.None)
                return new ClientFailure.ServerLied(wrong);
            var (open, fault) = point.Open(view.Newest, view.Keys.Id, view.Keys.Kem);
            if (open is null && fault == ProtocolFault.OwnSeal && HeldKeys(view) is { } held)
                using (held) (open, fault) = point.Open(view.Newest, held);
            return open is null ? new ClientFailure.PointDoesNotOpen(fault) : UndoBase.Of(open);
        }
        catch (WireFormatException)
        {
            return new ClientFailure.ServerLied(ProtocolFault.Malformed);
        }
        catch (UpgradeRequiredException)
        {
            return new ClientFailure.UpgradeRequired();
        }
    }

    // Whoever was added since the point has no seal of it, and holds its key by the path.
    private static EpochKeys? HeldKeys(VaultView view) => view.FindKeys(null);

    // Hashes that the vault knows reach far enough as a rule; else they are asked for, a page at a time, and the first
    // answer tells the gaps.
    private static async Task<(ImmutableArray<Hash256>? Hashes, ImmutableArray<ManifestGap> Gaps)> TrailAsync(
        VaultView view, ulong from, CancellationToken ct)
    {
        var version = view.Newest.Manifest.Manifest.Version;
        if (from >= version || version - from <= (ulong)view.Newest.Hashes.Length) return (null, []);
        ImmutableArray<ManifestGap> gaps = [];
        // No server keeps more; what it tells beyond that leads nowhere.
        if (version - from > Limits.TrailKept) return (ImmutableArray<Hash256>.Empty, gaps);
        ImmutableArray<Hash256> hashes = [];
        while (from + (ulong)hashes.Length < version)
        {
            var answer = await view.Api.GetVaultAsync(
                view.Keys, view.Newest.Chain.Head.Link.Sequence, from + (ulong)hashes.Length, null, ct);
            if (answer is not Answer.Success page) break;
            var told = VaultBundle.Decode(page.Body);
            if (hashes.IsEmpty) gaps = told.Gaps;
            hashes = hashes.AddRange(told.Hashes);
            // A page that is not full is the last one.
            if (told.Hashes.Length < Limits.TrailPage) break;
        }
        return ([.. hashes.Take((int)(version - from))], gaps);
    }
}
