using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.UseCases;
using KeyRecovery.Testing;
using AccountChange = KeyRecovery.Testing.AccountChange;

namespace KeyRecovery.Service.Tests.Model;

/// <summary>What a culprit tries, young or trusted, with correct cryptography.</summary>
internal sealed class Misdeeds(ModelWorld world)
{
    private readonly Repairs _repairs = new(world);

    public async Task TryAsync(Move move, int pick)
    {
        if (world.Culprits.ToList() is not { Count: > 0 } culprits) return;
        var by = culprits[pick % culprits.Count];
        var read = await world.ReadAsync(by);
        if (move == Move.WrongRepair) await RepairAsync(by, pick);
        if (read is not { } vault || world.IsBehind) return;
        switch (move)
        {
            case Move.Wreck when !by.IsSlot:
                await ActAsync(by, vault, Write(pick), (Spoil)(pick & 1));
                break;
            case Move.Clear when !by.IsSlot:
                await ActAsync(by, vault, new AccountChange { Delete = [.. world.Row!.Items.Keys.Skip(pick % 2)] });
                break;
            case Move.SpoilEpoch:
                await ActAsync(by, vault, new AccountChange { Mend = true }, (Spoil)(1 + (pick % 7)));
                break;
            case Move.BringIn:
                await ActAsync(by, vault, new AccountChange { Add = [.. Newcomers(pick)] });
                break;
            case Move.ThrowOut:
                await ActAsync(
                    by, vault, new AccountChange { Remove = [.. Others(by).Skip(pick % 3).Take(1 + (pick / 3 % 8))] });
                break;
            case Move.TakeTheCode:
                var codes = Others(by).Where(o => o.Entry.Kind == AuthorityKind.Code);
                await ActAsync(
                    by, vault, new AccountChange { Add = [TestAuthority.Code(world.Random)], Remove = [.. codes] });
                break;
            case Move.Flood:
                await FloodAsync(by, pick);
                break;
        }
    }

    private async Task<bool> ActAsync(Member by, VerifiedVault vault, AccountChange change, Spoil spoil = Spoil.None)
    {
        if (!change.HasLink && by.IsSlot) return false;
        if (change.Mend is false && change.Add.IsEmpty && change.Remove.IsEmpty && change.Put.IsEmpty
            && change.Delete.IsEmpty) return false;
        if (Draft.Of(vault, by, change, spoil, world.Random) is not { } draft) return false;
        var deed = new Deed(by.Id, world.Now)
        {
            Add = [.. change.Add.Select(a => (a.Id, a.Entry.Kind != AuthorityKind.Device))],
            Remove = [.. change.Remove.Select(a => a.Id)], BeginsEpoch = change.Mend || !change.Remove.IsEmpty,
        };
        if (!await world.CommitAsync(by, draft, deed)) return false;
        await world.JoinAsync(change.Add.Select(a => new Member(a, false)));
        return true;
    }

    private AccountChange Write(int pick)
    {
        var ids = world.Row!.Items.Keys.Order().ToList();
        var id = ids.Count == 0 || pick % 5 == 0 ? new ItemId(world.Random.Bytes(16)) : ids[pick % ids.Count];
        return new AccountChange { Put = [(id, world.Random.Bytes(9))] };
    }

    private IEnumerable<TestAuthority> Newcomers(int pick) => Enumerable.Range(0, 1 + (pick % 3)).Select(
        i => (pick + i) % 2 == 0 ? TestAuthority.Device(world.Random) : TestAuthority.Code(world.Random));

    private IEnumerable<TestAuthority> Others(Member by) =>
        world.Members.Where(m => m.Id != by.Id && world.IsActive(m)).Select(m => m.Keys);

    // The commits of a day, or links as long as they are granted.
    private async Task FloodAsync(Member by, int pick)
    {
        for (var i = 0; i < ModelWorld.CommitsPerDay + 2; i++)
        {
            if (await world.ReadAsync(by) is not { } vault) return;
            var change = by.IsSlot || pick % 3 == 0 ? new AccountChange { Mend = true } : Write(1 + (pick % 4));
            if (!await ActAsync(by, vault, change)) break;
        }

        world.Tally.Count("flooded");
    }

    // A removal as a part of a repair: it is a commit by another name, or nothing.
    private async Task SmuggleAsync(Member by, VerifiedVault kept)
    {
        var change = new AccountChange { Remove = [.. Others(by).Take(1)] };
        if (change.Remove.IsEmpty || !change.Remove.All(r => kept.Chain.Current.Active.ContainsKey(r.Id))) return;
        if (Draft.Of(kept, by, change, Spoil.None, world.Random) is not { } draft) return;
        var deed = new Deed(by.Id, world.Now) { Remove = [.. change.Remove.Select(r => r.Id)], BeginsEpoch = true };
        var outcome = await world.Home.RepairAsync(by.Keys, new RepairBundle(
            kept.Links.Add(draft.Commit.Link!), [draft.Commit.Keyset!], draft.Commit.Manifest)
        {
            Head = kept.Head, Between = kept.Hashes.Add(kept.Manifest.Hash), Trail = kept.HashesTrail,
        });
        if (outcome is Outcome<RepairResult>.Failed)
        {
            world.Tally.Count("smuggling refused");
            return;
        }

        Assert.True(world.Row is { IsRestored: true } && !world.IsBehind, "a whole account was repaired");
        Assert.Equal(kept.Manifest.Hash, world.Row!.Manifest);
        Assert.Empty(world.Row.Against(deed, ModelWorld.CommitsPerDay));
        world.Committed(by, draft, deed);
        world.Tally.Count("smuggled");
    }

    // What it kept, as it is or with what it would have of it.
    private async Task RepairAsync(Member by, int pick)
    {
        if (by.Kept.ToList() is not { Count: > 0 } kept) return;
        var bundle = Repairs.Bundle(kept[pick / 6 % kept.Count]);
        var (manifest, version) = (bundle.Manifest.Manifest, bundle.Manifest.Manifest.Version);
        if (pick % 6 == 5)
        {
            await SmuggleAsync(by, kept[pick / 6 % kept.Count]);
            return;
        }

        await _repairs.RepairAsync(by, (pick % 6) switch
        {
            0 => bundle,
            1 => bundle with
            {
                Between = [.. bundle.Between.TakeLast(1)],
                Trail = ManifestTrail.Next(bundle.Trail, bundle.Between.SkipLast(1)),
            },
            2 => Signed(manifest with { Version = version + 5 }),
            3 => Signed(manifest with { Items = [.. manifest.Items.Skip(1)], Version = version + 1 }),
            _ => bundle with { Head = null },
        });

        RepairBundle Signed(Manifest wrong)
        {
            var signed = SignedManifest.Sign(wrong with { Signer = by.Id }, by.Keys.Signing);
            return bundle with { Manifest = signed, Between = [], Trail = wrong.Trail };
        }
    }
}
