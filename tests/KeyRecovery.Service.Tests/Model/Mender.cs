using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Model;

/// <summary>
/// The owner with whatever trusted device, or code, there is: repairs, goes the way back, undoes. Each is a call, and
/// three are enough.
/// </summary>
internal sealed class Mender(ModelWorld world)
{
    private const int MostCalls = 3;

    private readonly Repairs _repairs = new(world);
    private int _calls;

    /// <summary>Brings the owner back.</summary>
    /// <returns>Who has it again; null where nobody honest is trusted any more: that is not promised.</returns>
    public async Task<Member?> RecoverAsync()
    {
        for (_calls = 0; ; _calls++)
        {
            foreach (var member in world.Honest.ToList()) await world.ReadAsync(member);
            Assert.InRange(_calls, 0, MostCalls);
            if (await GiveBackAsync()) continue;
            if (world.IsBehind)
            {
                // Whoever may go the way back went it, where the epoch opens that the home has.
                if (world.Honest.Any(m => world.IsActive(m) && world.Min.Active.Contains(m.Id)))
                    world.Tally.Count("stuck");
                return null;
            }

            if (await ChooseOwnerAsync() is not { } owner) return null;
            var vault = (await world.ReadAsync(owner))!;
            using var open = vault.Open(owner.Id, owner.Keys.Kem).Vault;
            if (open is not null && !world.Culprits.Any(world.IsActive)) return owner;
            await UndoAsync(owner, vault);
        }
    }

    // Of all that the owner has, what holds the newest epoch: a device rather than the code.
    private async Task<Member?> ChooseOwnerAsync()
    {
        var (best, newest) = ((Member?)null, 0ul);
        foreach (var member in world.Honest.Where(world.IsTrusted).OrderBy(m => m.IsSlot).ToList())
        {
            var vault = (await world.ReadAsync(member))!;
            if (FindKeys(member, vault, await OpenPointsAsync(member, vault)) is not { Current.Epoch: var epoch })
            {
                AssertNothingOpens(member, vault);
                continue;
            }

            if (best is not null && epoch <= newest) continue;
            (best, newest) = (member, epoch);
            if (epoch == vault.Chain.Epoch) break;
        }

        return best;
    }

    // A culprit's epoch is all that there is: the points went with the row, and so did whoever kept something.
    private void AssertNothingOpens(Member owner, VerifiedVault vault)
    {
        Assert.Contains(vault.Chain.Epochs, e => world.Culprits.Any(c => c.Id == e.Signer));
        AssertNoCleanPoint(owner);
        world.Tally.Count("nothing opens");
    }

    // Whoever was active at a point has a seal of it.
    private void AssertNoCleanPoint(Member owner) => Assert.DoesNotContain(world.Row!.Points, p =>
        !p.HasEnded(world.Now) && !world.Taken[p.Manifest].IsSpoiled && p.State.Active.ContainsKey(owner.Id));

    private EpochKeys? FindKeys(Member owner, VerifiedVault vault, List<OpenRestorePoint> points)
    {
        var (current, _) = vault.OpenKeys(owner.Id, owner.Keys.Kem);
        return points.Select(p => p.Keys).Append(current).Append(Holder(owner, vault).Good?.Keys.On(vault.Chain))
            .OfType<EpochKeys>().MaxBy(k => k.Current.Epoch);
    }

    // A code keeps nothing: where it is all that may sign, it is typed on the device of the owner's that kept most,
    // also on a young one (UndoWithCodeAsync).
    private Member Holder(Member owner, VerifiedVault vault) => !owner.IsSlot
        ? owner
        : world.Honest.Where(m => !m.IsSlot && world.IsActive(m))
            .MaxBy(m => m.Good?.Keys.On(vault.Chain)?.Current.Epoch ?? 0) ?? owner;

    /// <summary>Removes the culprits, and goes back to before they came.</summary>
    /// <param name="owner">Who does it.</param>
    /// <param name="vault">As it was just read.</param>
    /// <param name="overtakes">Somebody who commits in between.</param>
    public async Task UndoAsync(Member owner, VerifiedVault vault, Func<Task<bool>>? overtakes = null)
    {
        var (draft, deed) = await DraftAsync(owner, vault);
        if (overtakes is not null && await overtakes())
        {
            using var passed = await world.Home.Server.PassAsync(world.Home.Account, owner.Keys);
            var late = await world.Home.Server.Service.Commits.CommitAsync(passed, draft.Commit, default);
            Assert.Equal(ErrorCode.StaleVersion, Assert.IsType<Outcome<Accounts.Heads>.Failed>(late).Failure.Code);
            world.Tally.Count("overtaken");
            (draft, deed) = await DraftAsync(owner, (await world.ReadAsync(owner))!);
        }

        Assert.True(await world.CommitAsync(owner, draft, deed), "the owner is not back");
        await _repairs.StoreMissingAsync(owner);
    }

    // A state that the home has lost comes back from whoever kept it, or the way back is gone.
    private async Task<bool> GiveBackAsync()
    {
        foreach (var member in world.Honest)
            if (_repairs.Owed(member) is { } owed)
                return await _repairs.RepairAsync(member, Repairs.Bundle(owed), isOwed: true);
        if (!world.IsBehind) return false;
        foreach (var member in world.Honest.ToList())
        {
            var served = world.Row is null ? null : await world.ReadAsync(member);
            if (_repairs.WayBackFrom(member, served) is { } from && await _repairs.GoBackAsync(member, from))
                return true;
        }

        return false;
    }

    private async Task<(Draft Draft, Deed Deed)> DraftAsync(Member owner, VerifiedVault vault)
    {
        var culprits = world.Culprits.Where(world.IsActive).Select(c => c.Keys).ToImmutableArray();
        var deed = new Deed(owner.Id, world.Now) { Remove = [.. culprits.Select(c => c.Id)], BeginsEpoch = true };
        var change = new AccountChange { Remove = culprits, Mend = true };
        // Who only lurked is removed, and nothing is undone.
        if (!world.Taken[vault.Manifest.Hash].IsSpoiled
            && Draft.Of(vault, owner, change, Spoil.None, world.Random) is { } removal) return (removal, deed);
        var points = await OpenPointsAsync(owner, vault);
        var keys = FindKeys(owner, vault, points)!;
        if (await FindBaseAsync(owner, vault, points) is not ({ } to, var brought))
        {
            var plain = Draft.Of(vault, owner, change, Spoil.None, world.Random, anyway: true);
            Assert.True(plain is not null, "nothing opens, and there is nothing to return to");
            return (plain, deed);
        }

        // An epoch is left off where its maker goes: also a device that is lost, or kept nothing of it.
        var makers = vault.Chain.Epochs.Skip((int)keys.Current.Epoch).Select(e => e.Signer)
            .Where(id => id != owner.Id && world.Row!.Active.ContainsKey(id));
        deed = deed with { Remove = [.. deed.Remove.Union(makers)] };
        using var link = ChainLinkDraft.NextEpoch(
            vault, keys.Current, new ChainLinkChange([], [.. deed.Remove.Order()], true), owner.Id, 0, world.Random);
        var notes = to.Private?.Items
            ?? [.. to.Manifest.Manifest.Items.Select(i => new ItemNote(i.Id, Draft.NameOf(i.Id), 0, 0))];
        var manifest = ManifestDraft.Undo(
            vault, null, to, link, await ChooseAsync(owner, vault.Manifest.Manifest, to.Manifest.Manifest, notes),
            owner.Id, owner.Keys.Signing, world.Random);
        var commit = new CommitBundle(
            link.Sign(owner.Keys.Signing, new Dictionary<AuthorityId, byte[]>()), link.Keyset, manifest, [])
        {
            Base = brought ? to.Manifest : null,
        };
        return (new Draft(commit, []), deed with { IsUndo = true });
    }

    // What a restore lost the bytes of is left out; a slot leaves out nothing that both have.
    private async Task<UndoChange> ChooseAsync(
        Member owner, Manifest now, Manifest then, ImmutableArray<ItemNote> notes)
    {
        using var open = await world.Home.Server.PassAsync(world.Home.Account, owner.Keys);
        var lost = new HashSet<ItemId>();
        foreach (var item in then.Items.Where(i => now.Find(i.Id) != i))
            if (await world.Home.Server.Service.Vaults.FindItemAsync(open, item.Hash, default) is null)
                lost.Add(item.Id);
        if (lost.Count > 0) world.Tally.Count("undone without what is lost");
        return new UndoChange
        {
            Keep = [.. notes.Where(n => owner.IsSlot && lost.Contains(n.Id) && now.Find(n.Id) is not null)],
            Return = [.. notes.Where(n => !lost.Contains(n.Id))],
        };
    }

    // The newest point that no culprit had its hand in; else such a state that the device kept, of which it stores the
    // items once more; else what there is.
    private async Task<(OpenManifest To, bool IsBrought)?> FindBaseAsync(
        Member owner, VerifiedVault vault, List<OpenRestorePoint> points)
    {
        bool IsClean(Hash256 manifest) => !world.Taken[manifest].IsSpoiled;
        var newest = points.OrderByDescending(p => p.Point.Manifest.Manifest.Version).ToList();
        if (newest.FirstOrDefault(p => IsClean(p.Point.Manifest.Hash)) is { } point) return (point.Content, false);
        AssertNoCleanPoint(owner);
        world.Tally.Count("no clean point");
        var holder = Holder(owner, vault);
        foreach (var kept in holder.Kept.Where(k => IsClean(k.Manifest.Hash)
            && k.Manifest.Manifest.Version < vault.Manifest.Manifest.Version
            && vault.Chain.Contains(k.Manifest.Manifest.ChainHead)))
        {
            if (kept.Open(holder.Id, holder.Keys.Kem).Vault is not { } opened) continue;
            using var open = await world.Home.Server.PassAsync(world.Home.Account, holder.Keys);
            var items = kept.Manifest.Manifest.Items;
            foreach (var item in items.Where(i => !world.Row!.Items.ContainsValue(world.Writers[i.Hash])))
                Assert.IsType<Outcome<Hash256>.Done>(await world.Home.Server.Service.Staging.PutAsync(
                    open, item.Hash, world.Bytes[item.Hash], default));
            return (new OpenManifest(kept.Manifest, opened.Private), true);
        }

        return newest.Count == 0 ? null : (newest[0].Content, false);
    }

    private async Task<List<OpenRestorePoint>> OpenPointsAsync(Member owner, VerifiedVault vault)
    {
        using var open = await world.Home.Server.PassAsync(world.Home.Account, owner.Keys);
        var reader = world.Home.Server.Service.RestorePoints;
        var told = await reader.ListAsync(open, default);
        foreach (var point in world.Row!.Points.Where(p => !p.HasEnded(world.Now)))
            Assert.Contains(told, t => t.Point.Manifest.Hash == point.Manifest);
        var (current, _) = vault.OpenKeys(owner.Id, owner.Keys.Kem);
        var opened = new List<OpenRestorePoint>();
        foreach (var hash in told.Select(t => t.Point.Manifest.Hash).Distinct())
        {
            var point = RestorePoint.Decode((await reader.FindAsync(open, hash, default))!);
            var lead = await world.Home.TellAsync(owner.Keys, point.Manifest.Manifest.Version);
            Assert.Equal(ProtocolFault.None, point.Check(
                vault, lead.Hashes, [world.Home.Server.Service.Erasures.AuditKey], lead.Gaps));
            var held = new[] { current, owner.Good?.Keys.On(vault.Chain) }.OfType<EpochKeys>()
                .Select(k => point.Open(vault, k).Point);
            if (held.Prepend(point.Open(vault, owner.Id, owner.Keys.Kem).Point).OfType<OpenRestorePoint>()
                .FirstOrDefault() is { } one) opened.Add(one);
        }

        return opened;
    }
}
