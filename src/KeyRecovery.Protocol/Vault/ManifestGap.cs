using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

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
