using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Keys;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Model;

/// <summary>What the owner, a culprit, and a home without an authority do at the realm.</summary>
internal sealed class RealmMoves(ModelWorld world)
{
    /// <summary>Somebody honest has the realm follow what the home tells now.</summary>
    public async Task FollowAsync(Witness realm, int pick)
    {
        var members = world.Honest.Where(m => !m.IsSlot && world.IsActive(m)).ToList();
        if (members.Count == 0 || world.IsBehind) return;
        var by = members[pick % members.Count];
        if (await world.ReadAsync(by) is not { } vault) return;
        var told = await realm.FollowAsync(by, vault);
        world.Tally.Count(told is Outcome<byte[]>.Done ? "followed" : "not followed");
    }

    /// <summary>A culprit, with whatever heads it was ever served.</summary>
    public async Task MisleadAsync(Witness realm, int pick)
    {
        if (world.Culprits.ToList() is not { Count: > 0 } culprits) return;
        var by = culprits[pick % culprits.Count];
        if (by.Kept.ToList() is not { Count: > 0 } kept) return;
        var vault = kept[pick / 4 % kept.Count];
        if (pick % 4 == 1)
        {
            var own = realm.NewSlot();
            await realm.RegisterAsync(by, vault, own);
            own.Dispose();
            return;
        }

        var told = pick % 4 == 0 || realm.Slot(pick / 7) is not { } slot
            ? await realm.FollowAsync(by, vault)
            : await realm.CommandAsync(by, vault, (RealmAction)(2 + (pick / 3 % 4)), slot);
        world.Tally.Count(told is Outcome<byte[]>.Done ? "misled" : "not misled");
    }

    /// <summary>The home, with its audit key and no authority: whatever head, links and claims it likes, and the words
    /// that others sent.</summary>
    public async Task LieAsync(Witness realm, int pick)
    {
        if (await realm.ReadAsync() is not { } account) return;
        using var secrets = await ServerSecrets.LoadOrCreateAsync(
            world.Home.Server.Keys, world.Home.Server.Root, world.Random, default);
        using var key = secrets.AuditKey();
        var states = world.Members.SelectMany(m => m.Kept).DistinctBy(v => v.Manifest.Hash).ToList();
        var served = states[pick % states.Count];
        var (known, now) = (account.View!.Head.Head, world.Now + (ulong)(pick % 5));
        var head = AccountHead.Of(served.Chain.Place, served.Manifest, now);
        if (pick % 3 != 0)
            head = head with
            {
                Manifest = new ManifestPlace(known.Manifest.Version + (ulong)(pick % 4), head.Manifest.Hash),
            };
        var links = served.Links.Take(served.Links.Length - (pick % 7 == 0 ? 1 : 0)).ToList();
        head = head with { Chain = new ChainPlace((ulong)links.Count - 1, links[^1].Hash) };
        var claim = new RestoredClaim(
            new RestoreId(world.Random.Bytes(16)), served.Account, 0, 0, known.Time + (ulong)(pick % 2));
        var words = realm.Words;
        realm.IsLiedTo = true;
        var told = await realm.FollowAsync(
            SignedHead.Sign(head, key), links.Select(l => l.Bytes), [SignedClaim.Sign(claim, key)],
            words.Count == 0 ? null : words[pick % words.Count]);
        world.Tally.Count(told is Outcome<byte[]>.Done ? "lie followed" : "lie not followed");
    }
}
