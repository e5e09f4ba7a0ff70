using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Tests.Restores;
using KeyRecovery.Service.UseCases;
using KeyRecovery.Testing;
using AccountChange = KeyRecovery.Testing.AccountChange;

namespace KeyRecovery.Service.Tests.Model;

/// <summary>
/// An account on the real service, and beside it what the rules say of the same acts: whatever one of them takes, the
/// other takes.
/// </summary>
internal sealed class ModelWorld : IAsyncDisposable
{
    /// <summary>As many commits a day, so that a walk can use them up.</summary>
    public const int CommitsPerDay = 24;

    private readonly Dictionary<string, (Ledger? Row, MinLink Min)> _sets = [];

    private ModelWorld(RestoreWorld home) => Home = home;

    public RestoreWorld Home { get; }

    public Tally Tally { get; } = new();

    public List<Member> Members { get; } = [];

    /// <summary>What the data store has by the rules; null where the row is gone.</summary>
    public Ledger? Row { get; private set; }

    /// <summary>The newest link that the key store remembers.</summary>
    public MinLink Min { get; private set; } = new(default, 0, []);

    /// <summary>Every manifest that was ever taken, and what stands in it.</summary>
    public Dictionary<Hash256, Taken> Taken { get; } = [];

    /// <summary>Who wrote which version.</summary>
    public Dictionary<Hash256, Written> Writers { get; } = [];

    public Dictionary<Hash256, byte[]> Bytes { get; } = [];

    /// <summary>Whom a link took out, of whatever line.</summary>
    public HashSet<AuthorityId> Removed { get; } = [];

    /// <summary>A realm beside the home; null until there is a passphrase.</summary>
    public Witness? Witness { get; private set; }

    public IReadOnlyCollection<string> Sets => _sets.Keys;

    /// <summary>A mistake on purpose: as if young ones might remove.</summary>
    public bool YoungMayRemove { get; init; }

    public ulong Now => (ulong)Home.Server.Time.GetUtcNow().ToUnixTimeSeconds();

    public TestRandom Random => Home.Random;

    /// <summary>The account lacks its newest link, or is gone.</summary>
    public bool IsBehind => Row is null || !(Row.Links.Contains(Min.Link) || Row.Supersedes == Min.Link);

    /// <summary>Items that the account names, and whose bytes nobody brought since they were lost.</summary>
    public IEnumerable<Hash256> Lacking => Row!.Items.Values.Select(i => i.Hash).Where(h => !Row.Stored.Contains(h));

    public IEnumerable<Member> Honest => Members.Where(m => m is { IsHonest: true, IsGone: false });

    public IEnumerable<Member> Culprits => Members.Where(m => !m.IsHonest);

    public static async Task<ModelWorld> OpenAsync(int seed, bool youngMayRemove = false)
    {
        var world = new ModelWorld(await RestoreWorld.OpenAsync(seed, CommitsPerDay))
        {
            YoungMayRemove = youngMayRemove,
        };
        world.Members.AddRange(
            new[] { world.Home.Phone, world.Home.Tablet, world.Home.Code }.Select(a => new Member(a, true)));
        await world.BeginAsync();
        return world;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in Members) member.Dispose();
        if (Witness is not null) await Witness.DisposeAsync();
        await Home.DisposeAsync();
    }

    public bool IsActive(Member member) => Row?.Active.ContainsKey(member.Id) is true;

    public bool IsTrusted(Member member) => IsActive(member) && !Row!.IsYoung(member.Id, Now);

    public ulong VersionOf(Hash256 manifest) => (ulong)Lineage(manifest).Count;

    /// <summary>The manifests before one, and itself.</summary>
    public HashSet<Hash256> Lineage(Hash256 manifest)
    {
        var all = new HashSet<Hash256>();
        for (var at = manifest; Taken.TryGetValue(at, out var taken); at = taken.Before) all.Add(at);
        return all;
    }

    /// <summary>Reads the account as somebody, who must not take an honest home for a liar.</summary>
    public async Task<VerifiedVault?> ReadAsync(Member who)
    {
        var gate = await Home.PassAsync(who.Keys, mayBeBehind: true);
        if (gate is GateResult.Shut(var failure))
        {
            Assert.True(IsBehind || !IsActive(who), $"{failure}");
            // Of a code that was removed since, the keys know nothing: a restore of data alone does not bring it back.
            if (IsActive(who) && IsBehind && (!who.IsSlot || Min.Active.Contains(who.Id)))
                Assert.Equal(Row is null ? ErrorCode.VaultLost : ErrorCode.RepairRequired, failure.Code);
            return null;
        }

        using var open = ((GateResult.Open)gate).Account;
        Assert.Equal(IsBehind, open.IsBehind);
        var told = VaultBundle.Decode((await Home.Server.Service.Vaults.ReadAsync(
            open, null, who.Known?.Manifest.Manifest.Version ?? 1, default))!);
        var verdict = who.Judge(Home.Account.AppId, told, [Home.Server.Service.Erasures.AuditKey]);
        Assert.False(verdict is VaultVerdict.Refused, $"an honest home was refused: {verdict}");
        var ok = (VaultVerdict.Ok)verdict;
        Assert.Equal(Row!.Manifest, ok.Vault.Manifest.Hash);
        if (who.Known is { } known)
        {
            Assert.False(
                known.ProvesLie(told.Head, told.Restored, [Home.Server.Service.Erasures.AuditKey]),
                "an honest home was accused");
            Assert.Equal(Leads(known, ok.Vault), ok.Conflict is null);
            Tally.Count(ok.Conflict is null ? "read" : "conflict");
        }

        who.Take(ok.Vault);
        return ok.Vault;
    }

    /// <summary>
    /// Somebody has joined. A device begins, and is linked, with a vault that it opens and keeps; whatever comes then,
    /// comes to one that knows this.
    /// </summary>
    public async Task JoinAsync(IEnumerable<Member> joined)
    {
        foreach (var member in joined.ToList())
        {
            if (!Members.Contains(member)) Members.Add(member);
            await ReadAsync(member);
        }
    }

    /// <summary>Whether what is served has what was known before it, as far as anybody can prove.</summary>
    public bool Leads(VerifiedVault known, VerifiedVault served) =>
        known.Manifest.Hash == served.Manifest.Hash
            || (Lineage(served.Manifest.Hash).Contains(known.Manifest.Hash)
                && served.Gaps.All(g => g.To < known.Manifest.Manifest.Version));

    /// <summary>Commits on both, which must agree.</summary>
    /// <returns>Whether it was taken.</returns>
    public async Task<bool> CommitAsync(Member by, Draft draft, Deed deed)
    {
        var gate = await Home.PassAsync(by.Keys);
        if (gate is GateResult.Shut(var shut))
        {
            Assert.True(IsBehind || !IsActive(by), $"{shut}");
            return false;
        }

        Assert.False(IsBehind);
        var against = Row!.Against(deed, CommitsPerDay, YoungMayRemove);
        using var open = ((GateResult.Open)gate).Account;
        var outcome = await Home.Server.Service.Commits.CommitAsync(open, draft.Commit, default);
        if (outcome is Outcome<Heads>.Failed(var failure))
        {
            Assert.True(against.Contains(failure.Code), $"refused by the service alone: {failure}, {deed}");
            if (by.IsHonest && failure.Code == ErrorCode.LimitReached)
                Assert.False(deed.IsUndo || !deed.Remove.IsEmpty, "a cap refused a removal");
            Tally.Count($"refused {failure.Code}");
            return false;
        }

        Assert.True(against.Count == 0, $"taken by the service alone: {string.Join(", ", against)}, {deed}");
        Record(by, draft, deed);
        Tally.Count(deed.IsUndo ? "undone" : by.IsHonest ? "committed" : "wronged");
        return true;
    }

    /// <summary>Copies both stores.</summary>
    public async Task SaveAsync()
    {
        var name = $"set {_sets.Count}";
        await Home.SaveAsync(name);
        _sets[name] = (Row, Min);
    }

    /// <summary>Puts one back, of the data, the keys, or both; without a name, data from before the account.</summary>
    public async Task RestoreAsync(string? name, bool data, bool keys)
    {
        var wasMet = Home.IsMet;
        await Home.RestoreAsync(data ? name ?? "empty" : null, keys ? name : null);
        var (set, wasBehind) = (name is null ? (Row: null, Min) : _sets[name], IsBehind);
        if (keys) Min = set.Min;
        if (data) Row = set.Row is { } row ? row with { IsRestored = true, HasCommits = false } : null;
        // What is remembered follows the account, where the account has it; data that did not go back since somebody
        // met them are the newest there are.
        var isAhead = !IsBehind && (keys || Row!.Links.Count > Min.Links);
        var isNewest = keys && !data && !wasBehind && wasMet;
        if (isAhead || (isNewest && (Row!.Links.Count >= Min.Links || Row.Supersedes is not null)))
            Min = MinLink.Of(Row!);
        Tally.Count($"restored {(data ? "data" : "")}{(keys ? "keys" : "")}{(name is null ? " of before" : "")}");
    }

    /// <summary>A repair was taken: the account is what was brought.</summary>
    public async Task RepairedAsync(Member by, RepairBundle brought)
    {
        var manifest = brought.Manifest.Hash;
        var (stored, now) = (Row, Now);
        using var open = Assert.IsType<GateResult.Open>(await Home.PassAsync(by.Keys)).Account;
        var active = open.State.Authorities.ToImmutableDictionary(
            a => a.Key, a => new Age(a.Value.TrustedFrom, a.Value.ByYoung, a.Value.IsSlot));
        var items = brought.Manifest.Manifest.Items.ToImmutableDictionary(i => i.Id, i => Writers[i.Hash]);
        Row = Ledger.Repaired(
            stored, ([.. brought.Links.Select(l => l.Hash)], manifest), items, active, Lineage(manifest), now) with
        {
            Today = stored?.Today ?? new Today(0),
        };
        Min = MinLink.Of(Row);
    }

    public void Store(Hash256 item) => Row = Row! with { Stored = Row.Stored.Add(item) };

    /// <summary>The way back was taken: a commit by another name, that no age and no cap stands against.</summary>
    public async Task WentBackAsync(Member by, Draft draft, Deed deed, RepairBundle bundle)
    {
        var superseded = Min.Link;
        if (Row is null || bundle.Links.Length - 1 > Row.Links.Count)
        {
            var kept = Taken[draft.Commit.Manifest.Manifest.Previous];
            Taken[draft.Commit.Manifest.Hash] = kept with { Before = draft.Commit.Manifest.Manifest.Previous };
            await RepairedAsync(by, bundle);
            Removed.UnionWith(deed.Remove);
        }
        else
        {
            Row = Row with { Links = [.. bundle.Links.SkipLast(1).Select(l => l.Hash)] };
            Record(by, draft, deed);
        }

        Row = Row! with { IsRestored = false, Supersedes = superseded };
    }

    /// <summary>Meets a realm, which knows this home.</summary>
    public async Task<Witness> MeetRealmAsync() =>
        Witness ??= await Witness.OpenAsync(this, Home.Server.Service.Erasures.AuditKey);

    /// <summary>Writes until the account has as many versions.</summary>
    public async Task WriteAsync(Member by, ulong version)
    {
        while (VersionOf(Row!.Manifest) < version)
        {
            var put = new AccountChange { Put = [(Row.Items.Keys.Order().First(), Random.Bytes(7))] };
            var draft = Draft.Of((await ReadAsync(by))!, by, put, Spoil.None, Random)!;
            if (!await CommitAsync(by, draft, new Deed(by.Id, Now))) await Home.WaitAsync(TimeSpan.FromDays(1));
        }
    }

    /// <summary>Another way by which a commit was taken.</summary>
    public void Committed(Member by, Draft draft, Deed deed) => Record(by, draft, deed);

    private void Record(Member by, Draft draft, Deed deed)
    {
        var manifest = draft.Commit.Manifest;
        var young = Row!.IsYoung(by.Id, Now);
        Removed.UnionWith(deed.Remove);
        foreach (var item in draft.Items)
        {
            Bytes[Hash256.Of(item)] = item;
            Writers[Hash256.Of(item)] = new Written(Hash256.Of(item), by.Id, young);
        }

        var items = manifest.Manifest.Items.ToImmutableDictionary(i => i.Id, i => Writers[i.Hash]);
        var isSpoiled = manifest.Manifest.Base is { } to ? Taken[to.Hash].IsSpoiled
            : !by.IsHonest || Taken[Row.Manifest].IsSpoiled;
        Taken[manifest.Hash] = new Taken(Row.Manifest, items, isSpoiled);
        Row = Row.After(deed, draft.Commit.Link?.Hash, manifest.Hash, items);
        Min = MinLink.Of(Row);
    }

    // The account as the phone made it, and the tablet that it added.
    private async Task BeginAsync()
    {
        var (first, second) = (Home.Account.History[0], Home.Account.History[1]);
        using var open = await Home.Server.PassAsync(Home.Account, Home.Phone);
        var entry = first.Manifest.Manifest.Items[0];
        Bytes[entry.Hash] = Home.Account.Items[entry.Hash];
        Writers[entry.Hash] = new Written(entry.Hash, Home.Phone.Id, false);
        var items = ImmutableDictionary<ItemId, Written>.Empty.Add(entry.Id, Writers[entry.Hash]);
        Taken[first.Manifest.Hash] = new Taken(default, items, false);
        Taken[second.Manifest.Hash] = new Taken(first.Manifest.Hash, items, false);
        var tablet = open.State.Authorities[Home.Tablet.Id].TrustedFrom;
        var then = tablet - (72 * 60 * 60);
        Row = new Ledger
        {
            Links = [first.Links[0].Hash], Manifest = first.Manifest.Hash, Items = items, Stored = [entry.Hash],
            Active = ImmutableDictionary<AuthorityId, Age>.Empty.Add(Home.Phone.Id, new Age(then, false, false))
                .Add(Home.Code.Id, new Age(then, false, true)),
            Today = new Today(then / 86_400, 0, 0, 0, 0),
        };
        Row = Row.After(
            new Deed(Home.Phone.Id, then) { Add = [(Home.Tablet.Id, false)] }, second.Links[1].Hash,
            second.Manifest.Hash, items);
        Min = MinLink.Of(Row);
        await JoinAsync(Members);
    }
}

/// <summary>What the key store remembers of the newest link: how many there were, and who was active at it.</summary>
internal sealed record MinLink(Hash256 Link, int Links, ImmutableHashSet<AuthorityId> Active)
{
    public static MinLink Of(Ledger row) => new(row.Links[^1], row.Links.Count, [.. row.Active.Keys]);
}

/// <summary>A manifest that the home took.</summary>
/// <param name="Before">The one before it.</param>
/// <param name="Items">What stands in it.</param>
/// <param name="IsSpoiled">Whether a culprit had its hand in it, with nobody who went back since.</param>
internal sealed record Taken(Hash256 Before, ImmutableDictionary<ItemId, Written> Items, bool IsSpoiled);

/// <summary>How often each thing happened: a walk in which nothing happens shows nothing.</summary>
internal sealed class Tally
{
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);

    public int this[string what] => _counts.GetValueOrDefault(what);

    public void Count(string what, int times = 1) => _counts[what] = this[what] + times;

    public void Add(Tally other)
    {
        foreach (var (what, times) in other._counts) Count(what, times);
    }

    public override string ToString() => string.Join(", ", _counts.Select(c => $"{c.Key} {c.Value}"));
}
