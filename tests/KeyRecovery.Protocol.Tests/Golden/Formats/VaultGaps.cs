using System.Collections.Immutable;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>
/// Examples of <see cref="VaultFormat"/> with gaps in the trail: an account of one device and eight versions.
/// </summary>
internal sealed class VaultGaps
{
    private readonly ServedVault[] _versions;

    public VaultGaps()
    {
        var first = TestAccount.Begin(new TestRandom(2029), Phone).Now;
        _versions = [.. Enumerable.Range(0, 8).Select(i => Forge.Manifests(first, Phone, i))];
    }

    /// <summary>The only device, which reads.</summary>
    public static TestAuthority Phone { get; } = TestAuthority.Device(new TestRandom(2030));

    private ServedVault Last => _versions[^1];

    /// <summary>What is taken.</summary>
    public IEnumerable<(string, VaultBundle, ServedVault? Known)> Taken()
    {
        yield return ("from nothing, with a gap at the beginning", Last.WithGap(1, 3).TellFrom(1), null);
        yield return ("from nothing, with a gap of one", Last.WithGap(4, 4).TellFrom(1), null);
        yield return ("from nothing, with two gaps beside one another",
            Last.WithGap(2, 3).WithGap(4, 5).TellFrom(1), null);
        yield return ("from nothing, with a gap up to prev", Last.WithGap(3, 7).TellFrom(1), null);
        yield return ("from nothing, with a gap over all", Last.WithGap(1, 7).TellFrom(1), null);
        yield return ("from nothing, with a gap and not all hashes", Told(
            Last.WithGap(2, 3), told => told.Hashes[2..]), null);
        yield return ("from nothing, with a gap and a hash too many", Told(
            Last.WithGap(2, 3), told => told.Hashes.Add(Last.Manifest.Hash)), null);
        yield return ("from nothing, with a hash below the gap that nothing proves", Told(
            Last.WithGap(2, 3), told => told.Hashes.SetItem(0, default)), null);
        yield return ("a gap below what is known", Told(Last.WithGap(2, 3), told => Last.TellFrom(4).Hashes),
            _versions[3]);
        yield return ("a gap below what is known, not told", Last.WithGap(2, 3).TellFrom(4), _versions[3]);
        yield return ("a gap where nothing is new", Told(Last.WithGap(2, 3), _ => []), Last);
    }

    public IEnumerable<(string, JsonObject, string)> Told() => [.. Known(), .. Lies(), .. Shapes()];

    // Whoever knew something in a gap or below it cannot prove what is told now.
    private IEnumerable<(string, JsonObject, string)> Known()
    {
        foreach (var (name, known, from, to) in new[]
        {
            ("a gap from the known manifest on", 3, 3UL, 5UL), ("a gap across the known manifest", 4, 3UL, 5UL),
            ("a gap up to the known manifest", 5, 3UL, 5UL), ("a gap above the known manifest", 2, 3UL, 5UL),
            ("a gap up to prev, above the known manifest", 2, 3UL, 7UL),
        })
        {
            var (told, before) = (Last.WithGap(from, to), _versions[known - 1]);
            yield return Of(name, nameof(ProtocolFault.ForkedManifest), told, before);
            yield return Of($"{name}, claimed from below it", VaultFormat.Conflict, Claimed(told, 2), before);
            yield return Of($"{name}, claimed from its end on", nameof(ProtocolFault.ForkedManifest),
                Claimed(told, to), before);
        }

        yield return Of("two gaps above the known manifest, claimed from below the higher one", VaultFormat.Conflict,
            Claimed(Last.WithGap(3, 3).WithGap(5, 6), 5), _versions[1]);
    }

    private IEnumerable<(string, JsonObject, string)> Lies()
    {
        (string, JsonObject, string) Forked(string name, VaultBundle told) =>
            Of(name, nameof(ProtocolFault.ForkedManifest), told, null);
        var told = Last.WithGap(2, 3).TellFrom(1);
        VaultBundle Gap(ulong from, ulong to) => Last.TellFrom(1) with { Gaps = [new ManifestGap(from, to, default)] };
        yield return Forked("a gap with another trail", told with { Gaps = [new ManifestGap(2, 3, default)] });
        yield return Forked("a gap with the trail of its last version",
            told with { Gaps = [new ManifestGap(2, 3, Last.TrailOf(3))] });
        yield return Forked("a hash above a gap is another", told with { Hashes = told.Hashes.SetItem(2, default) });
        yield return Forked("the last hash above a gap is another",
            told with { Hashes = told.Hashes.SetItem(told.Hashes.Length - 1, default) });
        yield return Forked("two hashes above a gap in the wrong order",
            told with { Hashes = told.Hashes.SetItem(1, told.Hashes[2]).SetItem(2, told.Hashes[1]) });
        yield return Forked("a gap up to prev with another trail",
            Last.WithGap(3, 7).TellFrom(1) with { Gaps = [new ManifestGap(3, 7, default)] });
        yield return Forked("a gap up to the version itself", Gap(2, 8));
        yield return Forked("a gap above the version", Gap(9, 9));
        yield return Forked("a gap up to the largest integer", Gap(1, CborOut.MaxInteger));
        yield return Of("a gap up to the version itself, claimed", nameof(ProtocolFault.ForkedManifest),
            Claimed(Last, 2).TellFrom(4) with { Gaps = [new ManifestGap(4, 8, default)] }, _versions[3]);
        yield return Of("claimed, and above a gap the trail does not come out", nameof(ProtocolFault.ForkedManifest),
            Claimed(Last, 2).TellFrom(6) with { Gaps = [new ManifestGap(3, 5, default)] }, _versions[3]);
    }

    private IEnumerable<(string, JsonObject, string)> Shapes()
    {
        (string, JsonObject, string) Malformed(string name, params (ulong From, ulong To)[] gaps) => Of(
            name, GoldenFormat.Malformed,
            Last.TellFrom(1) with { Gaps = [.. gaps.Select(g => new ManifestGap(g.From, g.To, default))] }, null);
        yield return Malformed("a gap from 0", (0, 2));
        yield return Malformed("a gap that ends before it begins", (3, 2));
        yield return Malformed("gaps that overlap", (2, 4), (4, 5));
        yield return Malformed("a gap in a gap", (2, 5), (3, 4));
        yield return Malformed("a gap twice", (2, 3), (2, 3));
        yield return Malformed("gaps not ascending", (4, 5), (2, 3));
        yield return Malformed("seventeen gaps", [.. Enumerable.Range(1, 17).Select(i => ((ulong)i, (ulong)i))]);
    }

    private static VaultBundle Told(ServedVault vault, Func<VaultBundle, ImmutableArray<Hash256>> hashes)
    {
        var told = vault.TellFrom(1);
        return told with { Hashes = hashes(told) };
    }

    private static ServedVault Claimed(ServedVault vault, ulong version) =>
        vault with { Claims = [TestHome.Claim(vault.Account, 0, version, TestHome.Now + 1)] };

    private (string, JsonObject, string) Of(string name, string verdict, ServedVault served, ServedVault known) =>
        Of(name, verdict, served.TellFrom(known.Place.Version), known);

    private (string, JsonObject, string) Of(string name, string verdict, VaultBundle told, ServedVault? known) =>
        (name, VaultFormat.Told(Phone, told.Encode(), known), verdict);
}
