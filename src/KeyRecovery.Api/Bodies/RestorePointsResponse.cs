using System.ComponentModel;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Api.Bodies;

/// <summary>The states that an account can go back to.</summary>
internal sealed record RestorePointsResponse(
    [property: Description("The newest first; a state that is a point for several reasons several times.")]
    IReadOnlyList<RestorePointResponse> Points)
{
    public static RestorePointsResponse Of(IEnumerable<RestorePointInfo> points) =>
        new([.. points.Select(RestorePointResponse.Of)]);
}

/// <summary>One of them: what the account was before some commit.</summary>
internal sealed record RestorePointResponse
{
    [Description("The version of its manifest.")]
    public required ulong ManifestVersion { get; init; }

    [Description("The hash of its manifest: GET the point by it.")]
    public required string ManifestHash { get; init; }

    [Description("The newest link then.")]
    public required ulong ChainSeq { get; init; }

    [Description("The epoch then.")]
    public required ulong Epoch { get; init; }

    [Description("When the commit came that it stands before, in Unix seconds.")]
    public required ulong At { get; init; }

    [Description("Why it is kept: `young`, before the first commit of a young authority, `link`, before a link, or "
        + "`repair`, in whose place a repair came.")]
    public required string Reason { get; init; }

    [Description("Whose young point it is.")]
    public string? Authority { get; init; }

    [Description("When it goes, in Unix seconds, where that is known.")]
    public ulong? Until { get; init; }

    [Description("How many versions it names beside those of its manifest.")]
    public required int Named { get; init; }

    public static RestorePointResponse Of(RestorePointInfo info) => new()
    {
        ManifestVersion = info.Point.Manifest.Version,
        ManifestHash = info.Point.Manifest.Hash.ToString(),
        ChainSeq = info.Point.ChainSequence,
        Epoch = info.Point.Epoch,
        At = info.Point.At,
        Reason = info.Point.IsReplaced ? "repair" : info.Point.IsOfLink ? "link" : "young",
        Authority = info.Point.Authority?.ToString(),
        Until = info.Point.Until == 0 ? null : info.Point.Until,
        Named = info.Named,
    };
}
