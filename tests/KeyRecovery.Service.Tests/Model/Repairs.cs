using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.UseCases;
using KeyRecovery.Testing;
using AccountChange = KeyRecovery.Testing.AccountChange;

namespace KeyRecovery.Service.Tests.Model;

/// <summary>
/// Repairs and the way back. What a repair must give back, and what it never may, the rules say; of the rest they let
/// the server choose.
/// </summary>
internal sealed class Repairs(ModelWorld world)
{
    /// <summary>What somebody gives back of a state that the home served it.</summary>
    public static RepairBundle Bundle(VerifiedVault kept) => new(kept.Links, kept.Keyset.Parts, kept.Manifest)
    {
        Head = kept.Head, Between = kept.Hashes, Trail = kept.HashesTrail,
    };

    /// <summary>Whether a state has to be taken back from somebody who brings it whole, with the home's own head.
    /// </summary>
    public bool IsOwed(Member by, VerifiedVault kept)
    {
        if (!kept.Chain.Current.Active.ContainsKey(by.Id)) return false;
        var links = kept.Links.Select(l => l.Hash).ToList();
        if (world.Row is not { } row) return links.Contains(world.Min.Link);
        if (row.HasCommits || (!row.IsRestored && !world.IsBehind)) return false;
        if (row.Active.ContainsKey(by.Id) && row.IsYoung(by.Id, world.Now)) return false;
        if (kept.Manifest.Manifest.Version <= world.VersionOf(row.Manifest)) return false;
        return links.Contains(world.Min.Link) && (world.IsBehind
            || (links.Take(row.Links.Count).SequenceEqual(row.Links)
                && world.Lineage(kept.Manifest.Hash).Contains(row.Manifest)));
    }

    /// <summary>The newest state that is owed to somebody; null where none is.</summary>
    public VerifiedVault? Owed(Member by) => by.Kept.FirstOrDefault(kept => IsOwed(by, kept));

    /// <summary>Repairs, and stores what the server lacks.</summary>
    /// <returns>Whether it was taken.</returns>
    public async Task<bool> RepairAsync(Member by, RepairBundle bundle, bool isOwed = false)
    {
        var never = (world.Row is { IsRestored: false } && !world.IsBehind)
            || (world.Row?.Active.ContainsKey(by.Id) is true && world.Row.IsYoung(by.Id, world.Now))
            || !world.Taken.ContainsKey(bundle.Manifest.Hash);
        var outcome = await world.Home.RepairAsync(by.Keys, bundle);
        // The same once more is answered as it was, and changes nothing.
        if (world.Row?.Manifest == bundle.Manifest.Hash) return false;
        if (outcome is Outcome<RepairResult>.Failed(var failure))
        {
            Assert.False(isOwed, $"an owed repair was refused: {failure}");
            world.Tally.Count($"repair refused {failure.Code}");
            return false;
        }

        Assert.False(never, "a repair was taken that never may be");
        await world.RepairedAsync(by, bundle);
        world.Tally.Count(by.IsHonest ? "repaired" : "repaired by a culprit");
        if (by.IsHonest) await StoreMissingAsync(by, ((Outcome<RepairResult>.Done)outcome).Value.Missing);
        return true;
    }

    /// <summary>Stores again what the account names and the server lacks; a code has a new phone do it.</summary>
    public async Task StoreMissingAsync(Member by, IEnumerable<Hash256>? missing = null)
    {
        if (world.IsBehind || !world.IsActive(by)) return;
        var lacking = world.Lacking.ToHashSet();
        if (missing is not null) Assert.True(lacking.SetEquals(missing), "other items are missing than by the rules");
        if (lacking.Count == 0) return;
        var device = await DeviceOfAsync(by);
        foreach (var item in lacking)
        {
            using var open = await world.Home.Server.PassAsync(world.Home.Account, device.Keys);
            Assert.IsType<Outcome<Hash256>.Done>(
                await world.Home.Server.Service.Staging.PutAsync(open, item, world.Bytes[item], default));
            world.Store(item);
        }
    }

    /// <summary>A device of whoever holds an authority: of a code one that is there, or a new phone.</summary>
    public async Task<Member> DeviceOfAsync(Member by) => by.IsSlot
        ? world.Honest.FirstOrDefault(m => !m.IsSlot && world.IsActive(m)) ?? await LinkAsync(by) : by;

    // On the next day, where the links of this one are used up.
    private async Task<Member> LinkAsync(Member code)
    {
        var phone = TestAuthority.Device(world.Random);
        for (var tries = 0; ; tries++)
        {
            var draft = Draft.Of(
                (await world.ReadAsync(code))!, code, new AccountChange { Add = [phone] }, Spoil.None, world.Random,
                anyway: true);
            var deed = new Deed(code.Id, world.Now) { Add = [(phone.Id, false)] };
            if (await world.CommitAsync(code, draft!, deed)) break;
            Assert.True(tries == 0, "a code links no phone");
            await world.Home.WaitAsync(TimeSpan.FromDays(1));
        }

        var linked = new Member(phone, true);
        await world.JoinAsync([linked]);
        world.Tally.Count("linked by a code");
        return linked;
    }

    /// <summary>
    /// Whether somebody may go the way back from what is served, or, where that is gone or does not know it, from what
    /// it kept.
    /// </summary>
    public VerifiedVault? WayBackFrom(Member by, VerifiedVault? served)
    {
        if (!world.Min.Active.Contains(by.Id)) return null;
        if (world.Row is { } row)
            return world.IsActive(by) ? served : by.IsSlot ? null : by.Kept.FirstOrDefault(k => Extends(k, row, by));
        return by.IsSlot ? null : by.Kept.FirstOrDefault(k => k.Chain.Current.Active.ContainsKey(by.Id)
            && world.Min.Active.IsSupersetOf(k.Chain.Current.Active.Keys));
    }

    private static bool Extends(VerifiedVault kept, Ledger row, Member by) =>
        kept.Chain.Current.Active.ContainsKey(by.Id) && kept.Links.Length > row.Links.Count
            && kept.Links.Take(row.Links.Count).Select(l => l.Hash).SequenceEqual(row.Links);

    /// <summary>Goes it, after three days.</summary>
    /// <returns>Whether there was one: not where its epoch does not open.</returns>
    public async Task<bool> GoBackAsync(Member by, VerifiedVault from)
    {
        await world.Home.WaitAsync(TimeSpan.FromHours(73));
        var leaves = from.Chain.Current.Active.Keys.Where(id => !world.Min.Active.Contains(id)).ToHashSet();
        TestAuthority[] add = by.IsSlot ? [TestAuthority.Device(world.Random)] : [];
        var change = new AccountChange
        {
            Add = [.. add], Mend = true,
            Remove = [.. world.Members.Where(m => leaves.Contains(m.Id)).Select(m => m.Keys)],
        };
        if (Draft.Of(from, by, change, Spoil.None, world.Random, anyway: true) is not { } draft) return false;
        var bundle = new RepairBundle(
            from.Links.Add(draft.Commit.Link!), [draft.Commit.Keyset!], draft.Commit.Manifest)
        {
            Head = from.Head, Between = from.Hashes.Add(from.Manifest.Hash), Trail = from.HashesTrail,
        };
        var outcome = await world.Home.RepairAsync(by.Keys, bundle);
        Assert.True(outcome is Outcome<RepairResult>.Done, $"the way back was refused: {outcome}");
        var deed = new Deed(by.Id, world.Now)
        {
            Add = [.. add.Select(a => (a.Id, false))], Remove = [.. change.Remove.Select(a => a.Id)],
            BeginsEpoch = true,
        };
        await world.WentBackAsync(by, draft, deed, bundle);
        await world.JoinAsync(add.Select(a => new Member(a, true)));
        world.Tally.Count("went the way back");
        await StoreMissingAsync(by);
        return true;
    }
}
