using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Service.Feed;

/// <summary>One thing that a change is to tell its app.</summary>
/// <param name="Kind">What.</param>
/// <param name="Of">The kind of the device or slot; null where it concerns none.</param>
/// <param name="Authority">Which device or slot; null where it concerns none.</param>
internal readonly record struct AppEventPart(AppEventKind Kind, AuthorityKind? Of, AuthorityId? Authority)
{
    /// <summary>A day that it names, in days since 1970; null where it names none.</summary>
    public ulong? Day { get; init; }

    /// <summary>What links do, each by itself and in their order.</summary>
    /// <param name="links">The links.</param>
    /// <param name="before">What the account's authorities were before them.</param>
    public static ImmutableArray<AppEventPart> OfLinks(
        IEnumerable<ChainLink> links, IEnumerable<(AuthorityId Id, AuthorityKind Kind)> before)
    {
        var kinds = before.ToDictionary(known => known.Id, known => known.Kind);
        var parts = ImmutableArray.CreateBuilder<AppEventPart>();
        foreach (var link in links)
        {
            foreach (var (id, kind) in link.Add.Select(added => (added.Id, added.Kind)))
            {
                kinds[id] = kind;
                var isDevice = kind == AuthorityKind.Device;
                parts.Add(new AppEventPart(isDevice ? AppEventKind.DeviceAdded : AppEventKind.SlotAdded, kind, id));
                // Link 0 is signed by the device that it adds.
                if (!isDevice || id == link.Signer || !kinds.TryGetValue(link.Signer, out var signer)) continue;
                parts.Add(signer == AuthorityKind.Device
                    ? new AppEventPart(AppEventKind.DeviceLinked, kind, id)
                    : new AppEventPart(AppEventKind.RecoveryDone, signer, id));
            }

            foreach (var id in link.Remove)
            {
                var kind = kinds.TryGetValue(id, out var known) ? known : AuthorityKind.Device;
                parts.Add(new AppEventPart(
                    kind == AuthorityKind.Device ? AppEventKind.DeviceRemoved : AppEventKind.SlotRemoved, kind, id));
            }
        }

        return parts.ToImmutable();
    }
}
