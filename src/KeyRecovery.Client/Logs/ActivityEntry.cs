using System.Collections.Immutable;
using KeyRecovery.Client.Logs;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>
/// One change. Who was added and removed comes from the account's signed chain; when, from where and by whom is the
/// server's word, which it can no longer change where <see cref="IsProved"/>.
/// </summary>
public sealed record ActivityEntry
{
    /// <summary>Its number, from 0.</summary>
    public required ulong Number { get; init; }

    /// <summary>What was done; a later version of the server may have events that have no name here.</summary>
    public required AuditEvent Event { get; init; }

    /// <summary>When, by the server's clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>By what kind of actor.</summary>
    public required AuditRole Role { get; init; }

    /// <summary>By whom; null where it was no device or slot of the account.</summary>
    public ActivityAuthority? By { get; init; }

    /// <summary>From which network, a /24 or /48; empty where nobody knows.</summary>
    public required string Network { get; init; }

    /// <summary>The account's version after it.</summary>
    public required ulong Version { get; init; }

    /// <summary>Devices and slots that came.</summary>
    public required ImmutableArray<ActivityAuthority> Added { get; init; }

    /// <summary>Devices and slots that went.</summary>
    public required ImmutableArray<ActivityAuthority> Removed { get; init; }

    /// <summary>Whether what is stored from then on is sealed under a new key.</summary>
    public bool BeganEpoch { get; init; }

    /// <summary>Where in the log it stands; null while it is not there yet.</summary>
    public ulong? Index { get; init; }

    /// <summary>
    /// Whether the log proves it: a server that takes it back, or tells somebody else another thing, is caught.
    /// </summary>
    public required bool IsProved { get; init; }

    internal static ActivityEntry Of(OpenVault open, AuthorityId own, LoggedEntry logged, LoggedEntry? before)
    {
        var (detail, links) = (logged.Detail, Brought(open.Vault, logged, before).ToList());
        return new ActivityEntry
        {
            Number = logged.Number,
            Event = detail.Event,
            At = ToldTime.At(detail.Time),
            Role = detail.Role,
            By = detail.Actor is { } actor ? ActivityAuthority.Of(open, own, actor) : null,
            Network = detail.Network,
            Version = detail.Manifest.Version,
            Added = [.. links.SelectMany(l => l.Add).Select(a => ActivityAuthority.Of(open, own, a.Id))],
            Removed = [.. links.SelectMany(l => l.Remove).Select(id => ActivityAuthority.Of(open, own, id))],
            BeganEpoch = links.Exists(l => l.BeginsEpoch),
            Index = logged.Index,
            IsProved = logged.IsProved,
        };
    }

    // A link that a restore has let go, or that came since the vault was read, tells nothing here.
    private static IEnumerable<ChainLink> Brought(VerifiedVault vault, LoggedEntry logged, LoggedEntry? before)
    {
        if (!logged.IsChange || !vault.Chain.Contains(logged.Detail.Chain) || (before is null && logged.Number > 0))
            return [];
        var from = before is null ? 0 : before.Detail.Chain.Sequence + 1;
        return vault.Links.Select(l => l.Link)
            .Where(l => l.Sequence >= from && l.Sequence <= logged.Detail.Chain.Sequence);
    }
}
