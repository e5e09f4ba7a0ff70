using System.Collections.Immutable;
using System.Text;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// The trail: what a manifest commits to of all those before it (docs/protocol.md §5). Whoever knows one manifest and
/// the hashes from it on proves by it that a later one descends from it.
/// </summary>
public static class ManifestTrail
{
    /// <summary>The trail of the manifest that follows.</summary>
    /// <param name="trail">The trail of a manifest; 32 zero bytes in version 1.</param>
    /// <param name="hash">That manifest's hash.</param>
    public static Hash256 Next(Hash256 trail, Hash256 hash)
    {
        Span<byte> input = stackalloc byte[Labels.Trail.Length + 1 + 2 * Hash256.Size];
        var rest = input[Encoding.ASCII.GetBytes(Labels.Trail, input)..];
        rest[0] = 0;
        trail.CopyTo(rest[1..]);
        hash.CopyTo(rest[(1 + Hash256.Size)..]);
        return Hash256.Of(input);
    }

    /// <summary>The trail after a number of manifests.</summary>
    /// <param name="trail">The first one's trail.</param>
    /// <param name="hashes">Their hashes, the first one's first.</param>
    public static Hash256 Next(Hash256 trail, IEnumerable<Hash256> hashes) => hashes.Aggregate(trail, Next);
}

/// <summary>
/// What a vault tells of the manifests before its own: the hashes from a version on, with those left out that lie in
/// gaps (docs/protocol.md §7).
/// </summary>
internal sealed class ToldTrail(VaultBundle told, SignedManifest manifest)
{
    private readonly ulong _version = manifest.Manifest.Version;

    /// <summary>What leads from a manifest that is known to the current one; null where nothing proves it.</summary>
    public ImmutableArray<Hash256>? From(SignedManifest known)
    {
        var (before, hashes) = (known.Manifest, told.Hashes);
        if (_version == before.Version) return manifest.Hash == known.Hash && hashes.IsEmpty ? hashes : null;
        return GapsFrom(before.Version).Count == 0
            && (ulong)hashes.Length == _version - before.Version && hashes[0] == known.Hash
            && Ends(before.Trail, hashes) ? hashes : null;
    }

    /// <summary>
    /// What a reader takes who knows none of them: those above the last gap, or all from version 1 on. Nothing, and no
    /// fault, where not all of them are told.
    /// </summary>
    /// <param name="from">The version that was asked from.</param>
    public (RememberedTrail Trail, ProtocolFault Fault) Anew(ulong from)
    {
        var (gaps, hashes, end) = (GapsFrom(from), told.Hashes, GapsEndFrom(from));
        if (end >= _version) return (RememberedTrail.None(manifest), ProtocolFault.ForkedManifest);
        if ((end == 0 && from != 1) || (ulong)hashes.Length != CountFrom(from, gaps))
            return (RememberedTrail.None(manifest), ProtocolFault.None);
        var start = end == 0 ? default : gaps[^1].Trail;
        var above = hashes[^(int)(_version - Math.Max(from, end + 1))..];
        return Ends(start, above)
            ? (new RememberedTrail(start, []).Add(above), ProtocolFault.None)
            : (RememberedTrail.None(manifest), ProtocolFault.ForkedManifest);
    }

    /// <summary>The last version of the gaps that end at a version or above; 0 where there is none.</summary>
    public ulong GapsEndFrom(ulong version) => GapsFrom(version) is [.., var last] ? last.To : 0;

    private ulong CountFrom(ulong from, List<ManifestGap> gaps) => gaps.Aggregate(
        _version - from, (count, gap) => count - (gap.To - Math.Max(gap.From, from) + 1));

    private List<ManifestGap> GapsFrom(ulong version) => [.. told.Gaps.Where(gap => gap.To >= version)];

    private bool Ends(Hash256 start, ImmutableArray<Hash256> hashes) =>
        (hashes.IsEmpty || hashes[^1] == manifest.Manifest.Previous)
        && ManifestTrail.Next(start, hashes) == manifest.Manifest.Trail;
}

/// <summary>
/// The hashes of manifests that a reader remembers: the newest in one row up to the current manifest's <c>prev</c>.
/// </summary>
/// <param name="Start">The trail of the first of them; of the current manifest where there are none.</param>
/// <param name="Hashes">The newest last, at most 4,096.</param>
internal sealed record RememberedTrail(Hash256 Start, ImmutableArray<Hash256> Hashes)
{
    /// <summary>Of a manifest of which the reader knows none before.</summary>
    public static RememberedTrail None(SignedManifest manifest) => new(manifest.Manifest.Trail, []);

    /// <summary>With those that came after.</summary>
    public RememberedTrail Add(ImmutableArray<Hash256> hashes)
    {
        var all = Hashes.AddRange(hashes);
        var over = Math.Max(0, all.Length - Limits.TrailRemembered);
        return new RememberedTrail(ManifestTrail.Next(Start, all.Take(over)), all[over..]);
    }
}

/// <summary>
/// That the trails of two heads lead through different manifests of one version, which neither head shows by itself
/// (docs/protocol.md §7, Head). Whoever has the home's key checks it with nothing but both signed heads.
/// </summary>
/// <param name="From">The version of the first hash in both lists, from 1.</param>
/// <param name="Trail">The trail of the manifest of that version.</param>
/// <param name="One">The hashes of the manifests from there to the one before the one head's manifest.</param>
/// <param name="Other">The same of the other head.</param>
public sealed record ForkedTrail(
    ulong From, Hash256 Trail, ImmutableArray<Hash256> One, ImmutableArray<Hash256> Other)
{
    /// <summary>
    /// Whether both heads cannot be true: both lists lead to the trails that their heads tell, and differ, and no claim
    /// says that the account was restored between them.
    /// </summary>
    /// <param name="one">The head of <see cref="One"/>.</param>
    /// <param name="other">The head of <see cref="Other"/>.</param>
    /// <param name="claims">What the home has signed of restores.</param>
    public bool Proves(AccountHead one, AccountHead other, IEnumerable<RestoredClaim>? claims = null)
    {
        if (one.Account != other.Account || !LeadsTo(one, One) || !LeadsTo(other, Other)) return false;
        var (ones, others) = (One.Add(one.Manifest.Hash), Other.Add(other.Manifest.Hash));
        var shared = ones.Zip(others).TakeWhile(pair => pair.First == pair.Second).Count();
        if (shared == Math.Min(ones.Length, others.Length)) return false;
        var difference = new HeadDifference(null, From + (ulong)shared);
        return !RestoredClaim.Explain(claims ?? [], difference, one, other);
    }

    private bool LeadsTo(AccountHead head, ImmutableArray<Hash256> hashes) =>
        From > 0 && From <= head.Manifest.Version && head.Manifest.Version - From == (ulong)hashes.Length
        && ManifestTrail.Next(Trail, hashes) == head.Trail;
}

/// <summary>Manifests whose hashes a server lost, and no repair brought (docs/protocol.md §7, Repair).</summary>
/// <param name="From">The first of their versions.</param>
/// <param name="To">The last one.</param>
/// <param name="Trail">The trail of the manifest of the version after it.</param>
public readonly record struct ManifestGap(ulong From, ulong To, Hash256 Trail)
{
    /// <summary>Writes it as an array of three.</summary>
    public void Write(CborOut writer) => writer.Array(3).UInt(From).UInt(To).Bytes(Trail);

    /// <summary>Reads one.</summary>
    /// <exception cref="WireFormatException">Not a gap, or none of at least one version.</exception>
    public static ManifestGap Read(CborIn reader)
    {
        reader.Array(3);
        var gap = new ManifestGap(reader.UInt(), reader.UInt(), reader.Hash());
        WireFormatException.Require(gap.From >= 1 && gap.From <= gap.To, "a gap begins at 1 or above, and then ends");
        return gap;
    }

    /// <summary>Whether they are apart from one another, the lowest first.</summary>
    internal static bool AreOrdered(IReadOnlyList<ManifestGap> gaps)
    {
        for (var i = 1; i < gaps.Count; i++) if (gaps[i].From <= gaps[i - 1].To) return false;
        return true;
    }
}
