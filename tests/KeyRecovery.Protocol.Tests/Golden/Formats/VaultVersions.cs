using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>
/// The invalid examples of <see cref="VaultFormat"/> with a part of a later version: written by nobody where one who is
/// active does not read it, and else a reason for an upgrade.
/// </summary>
internal sealed class VaultVersions
{
    private readonly GoldenWorld _world;
    private readonly ServedVault _first;
    private readonly ServedVault _second;

    private VaultVersions(GoldenWorld world) =>
        (_world, _first, _second) = (world, world.Account.History[0], world.Account.History[1]);

    public static IEnumerable<(string, JsonObject, string)> All(GoldenWorld world) => new VaultVersions(world).All();

    private IEnumerable<(string, JsonObject, string)> All()
    {
        const string Above = nameof(ProtocolFault.AboveFormat), Upgrade = GoldenFormat.UpgradeRequired;
        var (first, second) = (_first.Tell(), _second.Tell());
        var newer = second.Links.SetItem(1, Later(second.Links[1], Labels.Link));
        yield return Told("link 0 of version 2", Upgrade, first with { Links = [Later(first.Links[0], Labels.Link)] });
        yield return Told("link 1 of version 2", Above, second with { Links = newer });
        yield return Told("link 1 of version 2, after the known ones", Above,
            second with { First = 1, Links = newer[1..] }, _first);
        yield return Told("link 1 of version 2 after a gap", nameof(ProtocolFault.DroppedLink),
            second with { First = 1, Links = newer[1..] });
        yield return Told("link 1 of version 2 after a link that is wrong", nameof(ProtocolFault.LinkSignature),
            second with { Links = [Unsigned(_second.Links[0]), newer[1]] });
        yield return Told("link 1 adds an unknown kind", Above,
            second with { Links = second.Links.SetItem(1, OfKind6(_second.Links[1])) });
        yield return Told("a keyset of version 2", Above,
            first with { Keysets = [Later(first.Keysets[0], Labels.Keyset)] });
        var manifest = Later(first.Manifest, Labels.Manifest);
        yield return Told("a manifest of version 2", Above, first with { Manifest = manifest });
        yield return Told("a manifest of version 2, whose readers all read it", Upgrade,
            first with { Links = [Reading(2, 2)], Manifest = manifest });
        yield return Told("a manifest of version 2, which the code does not read", Above,
            first with { Links = [Reading(2, 1)], Manifest = manifest });
        yield return Told("a manifest of version 2 and a malformed link", GoldenFormat.Malformed,
            first with { Links = [new byte[1]], Manifest = manifest });
    }

    private (string, JsonObject, string) Told(
        string name, string verdict, VaultBundle told, ServedVault? known = null) =>
        (name, VaultFormat.Told(_world.Phone, told.Encode(), known), verdict);

    // The number behind the label: a signature is not looked at.
    private static byte[] Later(ReadOnlyMemory<byte> part, string label)
    {
        var bytes = part.ToArray();
        var text = new CborOut().Text(label).ToArray();
        var at = bytes.AsSpan().IndexOf(text) + text.Length;
        Assert.Equal(1, bytes[at]);
        bytes[at] = 2;
        return bytes;
    }

    private static byte[] OfKind6(SignedChainLink link)
    {
        var kind = link.Bytes.ToArray();
        var id = link.Link.Add[0].Id.ToArray();
        var at = kind.AsSpan().IndexOf(id) + id.Length;
        Assert.Equal(1, kind[at]);
        kind[at] = 6;
        return kind;
    }

    private static ReadOnlyMemory<byte> Unsigned(SignedChainLink link) =>
        SignedChainLink.Create(link.Body, new byte[SigningKey.SignatureSize], link.Possession).Bytes;

    // Link 0, of an account whose device and code read up to these versions.
    private ReadOnlyMemory<byte> Reading(ulong device, ulong code)
    {
        var both = GoldenWorld.Sorted(_world.Phone, _world.Code);
        var link = _first.Links[0].Link with
        {
            Add = [.. both.Select(a => a.Entry with { MaxFormat = a == _world.Phone ? device : code })],
        };
        return Forge.Link(link, _world.Phone, both).Bytes;
    }
}
