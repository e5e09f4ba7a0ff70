using KeyRecovery.Api.Reports;
using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Backups;

namespace KeyRecovery.Api.Backups;

/// <summary>Why a restore is not begun: what does not fit together is told before anything is changed.</summary>
internal sealed class RestoreRefusals(
    IStoreFiles home, RestoreFence? fence, RestoreArguments arguments, BackupFolder folder, BackupSet set,
    TimeProvider time)
{
    /// <summary>The first reason, in words that say what to do; null where there is none.</summary>
    /// <param name="swaps">What would be exchanged.</param>
    /// <param name="marker">A restore that was begun and has touched something.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<string?> FindAsync(
        IReadOnlyList<IStoreExchange> swaps, RestoreMarker? marker, CancellationToken ct)
    {
        if (marker is not null && IsThis(marker)) return null;
        if (marker is not null && !(marker.State == RestoreState.Joining && Covers(marker) && arguments.Replace))
        {
            return $"another restore was begun here and has not ended: set {marker.Set}, --part {marker.Part}. Run "
                + "that one again"
                + (marker.State == RestoreState.Joining
                    ? $", or one with --part {marker.Part} or all and --replace in its place" : "");
        }

        // Now, and not when the files are exchanged already.
        return FindInSet(arguments, set, time) ?? FindInPlace(swaps)
            ?? (fence is not null ? await fence.CheckAsync(folder, set, arguments.OldTombstones, ct) : null);
    }

    /// <summary>Whether it is this restore that was begun.</summary>
    public bool IsThis(RestoreMarker marker) =>
        marker.Set == set.Id.ToString() && marker.Part == RestoreReport.Word(arguments.Part);

    // Whether nothing stays in its place of what that restore has put there.
    private bool Covers(RestoreMarker marker) =>
        arguments.Part == RestorePart.All || marker.Part == RestoreReport.Word(arguments.Part);

    /// <summary>Why a set has not what is asked for, or not any more; null where it has.</summary>
    public static string? FindInSet(RestoreArguments arguments, BackupSet set, TimeProvider time)
    {
        if (arguments.HasData && !set.HasData) return "this set holds the keys alone";
        if (arguments.HasKeys && !set.HasKeys) return "this set holds the data alone";
        return arguments.HasKeys && set.ExpiresAt <= (ulong)time.GetUtcNow().ToUnixTimeSeconds()
            ? "the keys of this set have expired" : null;
    }

    private string? FindInPlace(IReadOnlyList<IStoreExchange> swaps)
    {
        if (!arguments.HasData && !home.Exists(StoreKind.Data))
            return "there is no data store to restore the keys to: --part all restores both";
        if (!arguments.HasKeys && !home.Exists(StoreKind.Keys))
            return "there is no key store to restore the data to: --part all restores both";
        if (!arguments.Replace && swaps.FirstOrDefault(swap => swap.Replaces) is { } there)
            return $"{there.Place} is there: --replace moves it aside";
        return swaps.FirstOrDefault(swap => swap is { Replaces: true, HasReplaced: true }) is { } kept
            ? $"{kept.Replaced} is there from an earlier restore of this set: move it elsewhere, or delete it where "
                + "it is not needed any more"
            : null;
    }
}
