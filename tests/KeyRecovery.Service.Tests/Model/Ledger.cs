using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Operations;

namespace KeyRecovery.Service.Tests.Model;

/// <summary>
/// The rules once more, as plain sets (docs/protocol.md §3, §7): what an account row says, whom it lets do what, and
/// what of it is promised. A backup set is the ledger of that time.
/// </summary>
internal sealed record Ledger
{
    private const ulong Day = 24 * 60 * 60;

    /// <summary>All links, by hash.</summary>
    public required ImmutableList<Hash256> Links { get; init; }

    public required Hash256 Manifest { get; init; }

    public required ImmutableDictionary<AuthorityId, Age> Active { get; init; }

    public required ImmutableDictionary<ItemId, Written> Items { get; init; }

    public ImmutableList<Replaced> Old { get; init; } = [];

    public ImmutableList<Point> Points { get; init; } = [];

    /// <summary>Items whose bytes came.</summary>
    public ImmutableHashSet<Hash256> Stored { get; init; } = [];

    public Today Today { get; init; } = new(0);

    /// <summary>Since a restore no link of somebody trusted came.</summary>
    public bool IsRestored { get; init; }

    /// <summary>Something came since.</summary>
    public bool HasCommits { get; init; }

    /// <summary>The link in whose place the way back came.</summary>
    public Hash256? Supersedes { get; init; }

    public bool IsYoung(AuthorityId id, ulong now) => Active[id].From > now;

    /// <summary>Why a commit is refused; of several reasons a server tells one. Empty where it is taken.</summary>
    public HashSet<ErrorCode> Against(Deed deed, int commitsPerDay, bool youngMayRemove = false)
    {
        if (!Active.TryGetValue(deed.By, out var age)) return [ErrorCode.Revoked, ErrorCode.SignatureInvalid];
        var (why, today, young) = (new HashSet<ErrorCode>(), Today.At(deed.Now), age.From > deed.Now);
        if (young && !deed.Remove.IsEmpty && !youngMayRemove) why.Add(ErrorCode.YoungAuthority);
        if (young && deed.BeginsEpoch && !youngMayRemove) why.Add(ErrorCode.YoungAuthority);
        if (young && deed.HasLink && age.ByYoung) why.Add(ErrorCode.YoungAuthority);
        if (young && deed.HasLink && today.YoungLinks >= YoungLimits.LinksPerDay) why.Add(ErrorCode.LimitReached);
        var added = Active.Values.Count(a => a.ByYoung && a.From > deed.Now) + deed.Add.Length;
        if (young && deed.HasLink && added > YoungLimits.Additions) why.Add(ErrorCode.LimitReached);
        if (deed.IsUndo || (!young && deed.Remove.Length >= Math.Max(1, deed.Add.Length))) return why;

        var isOneSlot = deed.Add is [{ IsSlot: true }] && !deed.BeginsEpoch && !young && today.Slots == 0;
        if (deed.HasLink && today.IsPast(deed) && !isOneSlot) why.Add(ErrorCode.LimitReached);
        if (today.Commits >= commitsPerDay || (young && today.YoungCommits >= YoungLimits.CommitsPerDay))
            why.Add(ErrorCode.LimitReached);
        return why;
    }

    /// <summary>After a commit that was taken.</summary>
    public Ledger After(Deed deed, Hash256? link, Hash256 manifest, ImmutableDictionary<ItemId, Written> items)
    {
        var (now, young) = (deed.Now, IsYoung(deed.By, deed.Now));
        var gone = Items.Where(i => Stored.Contains(i.Value.Hash) && items.GetValueOrDefault(i.Key) != i.Value)
            .Select(i => new Replaced(i.Key, i.Value, now, manifest, young ? deed.By : null));
        return this with
        {
            Links = link is { } hash ? Links.Add(hash) : Links,
            Manifest = manifest,
            Active = Active.RemoveRange(deed.Remove).AddRange(deed.Add.Select(a => KeyValuePair.Create(
                a.Id, new Age(a.IsSlot && !young ? now : now + (72 * 60 * 60), young, a.IsSlot)))),
            Items = items,
            Old = Old.AddRange(gone),
            Points = [.. PointsAfter(deed, young)],
            Stored = Stored.Union(items.Values.Where(i => !Items.ContainsValue(i)).Select(i => i.Hash)),
            Today = Today.At(now).Add(deed, young),
            IsRestored = IsRestored && (link is null || young),
            HasCommits = true,
        };
    }

    /// <summary>After a repair that gave a state back; the ages are the server's.</summary>
    public static Ledger Repaired(
        Ledger? row, (ImmutableList<Hash256> Links, Hash256 Manifest) to, ImmutableDictionary<ItemId, Written> items,
        ImmutableDictionary<AuthorityId, Age> active, IReadOnlySet<Hash256> lineage, ulong now)
    {
        var before = row ?? new Ledger { Links = [], Manifest = default, Active = active, Items = items };
        var keepsChain = row is not null && before.Links.SequenceEqual(to.Links.Take(before.Links.Count));
        var replaced = row is not null && keepsChain && !lineage.Contains(row.Manifest)
            ? [new Point(row, now, null, now + RestorePointEntry.SecondsAfter)]
            : Array.Empty<Point>();
        var gone = before.Items
            .Where(i => before.Stored.Contains(i.Value.Hash) && items.GetValueOrDefault(i.Key) != i.Value)
            .Select(i => new Replaced(i.Key, i.Value, now, to.Manifest, null));
        return before with
        {
            Links = to.Links, Manifest = to.Manifest, Active = active, Items = items,
            Old = [.. before.Old.Where(o => lineage.Contains(o.In)), .. gone],
            Points = keepsChain ? [.. before.Points.Where(p => !p.HasEnded(now)), .. replaced] : [],
            IsRestored = true, HasCommits = false, Supersedes = null,
        };
    }

    /// <summary>What is still to be had of what somebody wrote: the least that the rules say.</summary>
    public HashSet<Hash256> Promised(ulong now, int versions)
    {
        var points = Points.Where(p => !p.HasEnded(now)).ToList();
        var named = Old.Where(o => !o.What.ByYoung && points.Any(p => p.Of is not null && p.Of == o.YoungBy));
        var recent = Old.Where(o => !o.What.ByYoung).GroupBy(o => o.Id)
            .SelectMany(of => of.Reverse().DistinctBy(o => o.What.Hash).Take(versions))
            .Where(o => now < o.At + (Limits.OldVersionDays * Day));
        return [.. Items.Values.Concat(points.SelectMany(p => p.Items.Values)).Concat(named.Select(o => o.What))
            .Concat(recent.Select(o => o.What)).Select(w => w.Hash).Where(Stored.Contains)];
    }

    private IEnumerable<Point> PointsAfter(Deed deed, bool young)
    {
        var (now, from) = (deed.Now, Active[deed.By].From);
        var points = Points.Where(p => !p.HasEnded(now)).Select(p => p.Of is { } of && deed.Remove.Contains(of)
            ? p with { Until = Math.Min(p.Until, now + RestorePointEntry.SecondsAfter) } : p).ToList();
        if (young && points.All(p => p.Of != deed.By))
            points.Add(new Point(this, now, deed.By, from + RestorePointEntry.SecondsAfter));
        if (!deed.HasLink || young) return points;
        points.Add(new Point(this, now, null, 0));
        var links = points.Where(p => p.IsOfLink).ToList();
        var days = links.GroupBy(p => p.At / Day).TakeLast(14).Select(day => day.First());
        var kept = links.TakeLast(2).Concat(days).ToHashSet(ReferenceEqualityComparer.Instance);
        return points.Where(p => !p.IsOfLink || kept.Contains(p));
    }
}

/// <summary>How old an authority is.</summary>
/// <param name="From">From then on it is trusted, in seconds since 1970.</param>
/// <param name="ByYoung">Whether somebody young added it.</param>
/// <param name="IsSlot">Whether it is a slot.</param>
internal sealed record Age(ulong From, bool ByYoung, bool IsSlot);

/// <summary>A version of an item.</summary>
internal sealed record Written(Hash256 Hash, AuthorityId By, bool ByYoung);

/// <summary>A version that was replaced or deleted, by which manifest; and by whom, where that was young.</summary>
internal sealed record Replaced(ItemId Id, Written What, ulong At, Hash256 In, AuthorityId? YoungBy);

/// <summary>A state to go back to; <paramref name="Of"/> where it is a young authority's.</summary>
internal sealed record Point(Ledger State, ulong At, AuthorityId? Of, ulong Until)
{
    public Hash256 Manifest => State.Manifest;

    public ImmutableDictionary<ItemId, Written> Items => State.Items;

    public bool IsOfLink => Until == 0;

    public bool HasEnded(ulong now) => Until != 0 && Until <= now;
}

/// <summary>What a commit asks of the rules.</summary>
internal sealed record Deed(AuthorityId By, ulong Now)
{
    public ImmutableArray<(AuthorityId Id, bool IsSlot)> Add { get; init; } = [];

    public ImmutableArray<AuthorityId> Remove { get; init; } = [];

    public bool BeginsEpoch { get; init; }

    public bool IsUndo { get; init; }

    public bool HasLink => BeginsEpoch || !Add.IsEmpty;
}

/// <summary>What was granted on a day.</summary>
internal sealed record Today(
    ulong Day, int Links = 0, int Additions = 0, int Slots = 0, int Commits = 0, int YoungLinks = 0,
    int YoungCommits = 0)
{
    public Today At(ulong now) => now / 86_400 == Day ? this : new Today(now / 86_400);

    public bool IsPast(Deed deed) =>
        Links >= Limits.LinksPerDay || Additions + deed.Add.Length > Limits.AdditionsPerDay;

    public Today Add(Deed deed, bool young) => new(
        Day, Links + (deed.HasLink ? 1 : 0), Additions + deed.Add.Length,
        Slots + (deed.HasLink && IsPast(deed) && deed.Add is [{ IsSlot: true }] && !deed.BeginsEpoch ? 1 : 0),
        Commits + 1, YoungLinks + (young && deed.HasLink ? 1 : 0), YoungCommits + (young ? 1 : 0));
}
