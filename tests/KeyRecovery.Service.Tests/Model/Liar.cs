using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Keys;

namespace KeyRecovery.Service.Tests.Model;

/// <summary>
/// The home itself, with its audit key and a device: serves any state that there was, or one that it makes up. It is
/// asked beside the honest one, and nobody keeps its answer.
/// </summary>
internal sealed class Liar(ModelWorld world)
{
    public async Task LieAsync(int pick)
    {
        using var secrets = await ServerSecrets.LoadOrCreateAsync(
            world.Home.Server.Keys, world.Home.Server.Root, world.Random, default);
        using var key = secrets.AuditKey();
        var states = world.Members.SelectMany(m => m.Kept).Where(v => v.Gaps.IsEmpty)
            .DistinctBy(v => v.Manifest.Hash).ToList();
        foreach (var reader in world.Honest.Where(m => m.Known is not null))
        {
            var served = states[pick % states.Count];
            var told = Tell(served, reader.Known!, pick / states.Count % 6, key);
            if (pick % 3 == 0 && world.Culprits.FirstOrDefault() is { } device) told = Forge(told, device, pick, key);
            Check(reader, told, served, key);
            pick += 7;
        }
    }

    // Nothing that was known is dropped or lowered unseen.
    private void Check(Member reader, VaultBundle told, VerifiedVault served, SigningKey key)
    {
        var known = reader.Known!;
        switch (reader.Judge(world.Home.Account.AppId, told, [key.PublicKey]))
        {
            case VaultVerdict.Refused:
                world.Tally.Count("lie refused");
                break;
            case VaultVerdict.Ok { Conflict: { } conflict } ok:
                Assert.Same(known, conflict.Known);
                Assert.Contains(ok.Vault.Claims, c => c.Bytes.Span.SequenceEqual(conflict.Claim.Bytes.Span));
                Assert.Equal(known.Account, conflict.Claim.Claim.Account);
                world.Tally.Count("lie kept");
                break;
            case VaultVerdict.Ok ok:
                var manifest = ok.Vault.Manifest.Manifest;
                var isNext = manifest.Previous == served.Manifest.Hash
                    && manifest.Version == served.Manifest.Manifest.Version + 1;
                Assert.True(
                    world.Leads(known, served) && (isNext || ok.Vault.Manifest.Hash == served.Manifest.Hash),
                    "what was known is gone, and nobody heard of it");
                world.Tally.Count("no lie");
                break;
        }
    }

    // A state as it was served, or under a claim that the home makes for it.
    private VaultBundle Tell(VerifiedVault served, VerifiedVault known, int how, SigningKey key)
    {
        var from = Math.Min(known.Manifest.Manifest.Version, served.Manifest.Manifest.Version) - 1;
        var told = served.ToBundle();
        told = told with { Hashes = [.. told.Hashes.Skip((int)from)] };
        if (how == 0) return told with { Restored = [] };
        if (how == 1) return told;
        var now = world.Now;
        var claim = new RestoredClaim(
            new RestoreId(world.Random.Bytes(16)), how == 2 ? new AccountId(world.Random.Bytes(16)) : served.Account,
            how == 3 ? served.Chain.Place.Sequence : 0, how == 4 ? served.Manifest.Manifest.Version : 0, now + 1);
        var head = AccountHead.Of(served.Chain.Place, served.Manifest, how == 5 ? now + 2 : served.Head.Head.Time);
        return told with
        {
            Head = SignedHead.Sign(head, key).Bytes, Restored = [.. told.Restored, SignedClaim.Sign(claim, key).Bytes],
        };
    }

    // A manifest that the device signs for the home: above all others, without items, or with another past.
    private static VaultBundle Forge(VaultBundle told, Member device, int pick, SigningKey key)
    {
        var before = SignedManifest.Decode(told.Manifest);
        var manifest = before.Manifest with
        {
            Version = before.Manifest.Version + (ulong)(1 + (pick % 4)), Previous = before.Hash,
            Trail = pick % 2 == 0 ? before.NextTrail : before.Manifest.Trail, Base = null,
            Items = pick % 5 == 0 ? [] : before.Manifest.Items, Signer = device.Id,
        };
        var signed = SignedManifest.Sign(manifest, device.Keys.Signing);
        var head = SignedHead.Decode(told.Head).Head with
        {
            Manifest = signed.Place, Trail = manifest.Trail,
        };
        return told with
        {
            Manifest = signed.Bytes, Head = SignedHead.Sign(head, key).Bytes, Hashes = told.Hashes.Add(before.Hash),
        };
    }
}
