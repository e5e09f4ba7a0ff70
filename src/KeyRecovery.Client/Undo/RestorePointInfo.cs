using KeyRecovery.Client.Http;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>An earlier state of the account that can be returned to (docs/protocol.md §7, "Restore points").</summary>
/// <param name="Version">How many times the account had changed then: the manifest's version.</param>
/// <param name="Manifest">The hash of its manifest, which names the point.</param>
/// <param name="Reason">Why it is kept.</param>
/// <param name="Authority">The device or slot before whose first change it was; null for the other reasons.</param>
/// <param name="At">When the change came that it stands before, by the server's clock; null where it is this device's
/// own.</param>
/// <param name="Until">When it goes; null where that is not known.</param>
/// <param name="NamedVersions">How many later versions of trusted devices it keeps beside its own.</param>
public sealed record RestorePointInfo(
    ulong Version, Hash256 Manifest, RestorePointReason Reason, AuthorityId? Authority, DateTimeOffset? At,
    DateTimeOffset? Until, int NamedVersions)
{
    /// <summary>What the server tells; null where it does not read.</summary>
    internal static RestorePointInfo? Of(RestorePointJson told)
    {
        if (!Hash256.TryParse(told.ManifestHash, out var manifest)) return null;
        AuthorityId? authority = AuthorityId.TryParse(told.Authority ?? "", out var id) ? id : null;
        var reason = told.Reason switch
        {
            "young" when authority is not null => RestorePointReason.YoungAuthority,
            "repair" => RestorePointReason.Replaced,
            _ => RestorePointReason.Link,
        };
        return new RestorePointInfo(
            told.ManifestVersion, manifest, reason, reason == RestorePointReason.YoungAuthority ? authority : null,
            ToldTime.At(told.At), told.Until is { } until ? ToldTime.At(until) : null, told.Named);
    }
}
