using System.Buffers.Binary;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// Adds names to those before without copying them each time. New ones stand in a tree and not in a hash table, since
/// whoever writes a link chooses them.
/// </summary>
internal sealed class UsedNamesBuilder(UsedNames before)
{
    private readonly SortedSet<ulong> _added = [];

    /// <summary>How many names there are.</summary>
    public int Count => before.Count + _added.Count;

    /// <summary>Adds the names of an authority; false where one of them was used before, or two are the same.</summary>
    public bool Add(NewAuthority authority)
    {
        Span<ulong> names = stackalloc ulong[UsedNames.PerAuthority];
        UsedNames.Name(authority, names);
        var fresh = true;
        foreach (var name in names) fresh &= !before.Contains(name) && _added.Add(name);
        return fresh;
    }

    public UsedNames Build()
    {
        if (_added.Count == 0) return before;
        var packed = new byte[before.Packed.Length + _added.Count * UsedNames.NameSize];
        var rest = packed.AsSpan();
        var next = 0;
        foreach (var name in _added)
        {
            while (next < before.Count && before[next] < name) Write(ref rest, before[next++]);
            Write(ref rest, name);
        }
        before.Packed.Span[(next * UsedNames.NameSize)..].CopyTo(rest);
        return UsedNames.Trust(packed);
    }

    private static void Write(ref Span<byte> rest, ulong name)
    {
        BinaryPrimitives.WriteUInt64BigEndian(rest, name);
        rest = rest[UsedNames.NameSize..];
    }
}
