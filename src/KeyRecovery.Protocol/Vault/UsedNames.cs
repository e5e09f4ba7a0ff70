using System.Buffers.Binary;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// The names that a chain has ever used: the first 8 bytes of SHA-256 of each authority's id and signing key, and of
/// its KEM key's hash the first 8 bytes. A hit is a reuse, also by chance: whoever adds an authority draws anew.
/// Immutable.
/// </summary>
public sealed class UsedNames
{
    /// <summary>The size of a name in bytes: 8.</summary>
    public const int NameSize = 8;

    /// <summary>The names that one authority uses: its id, its signing key and its KEM key.</summary>
    public const int PerAuthority = 3;

    private UsedNames(ReadOnlyMemory<byte> packed) => Packed = packed;

    /// <summary>No names: those of a chain without a link.</summary>
    public static UsedNames Empty { get; } = new(ReadOnlyMemory<byte>.Empty);

    /// <summary>The names, 8 bytes each, strictly ascending as bytes.</summary>
    public ReadOnlyMemory<byte> Packed { get; }

    /// <summary>How many names there are.</summary>
    public int Count => Packed.Length / NameSize;

    /// <summary>Reads what <see cref="Packed"/> gave; the memory must not change.</summary>
    /// <exception cref="WireFormatException">
    /// Not a multiple of 8 bytes, not strictly ascending, or more than <see cref="Limits.UsedNames"/> names.
    /// </exception>
    public static UsedNames FromPacked(ReadOnlyMemory<byte> packed)
    {
        WireFormatException.Require(packed.Length % NameSize == 0, "names have 8 bytes each");
        var names = new UsedNames(packed);
        WireFormatException.Require(names.Count <= Limits.UsedNames, "a chain uses a bounded number of names");
        for (var i = 1; i < names.Count; i++)
            WireFormatException.Require(names[i - 1] < names[i], "names are ascending");
        return names;
    }

    /// <summary>Whether the id, the signing key or the KEM key of <paramref name="authority"/> was used.</summary>
    public bool Contains(NewAuthority authority)
    {
        Span<ulong> names = stackalloc ulong[PerAuthority];
        Name(authority, names);
        return Contains(names[0]) || Contains(names[1]) || Contains(names[2]);
    }

    /// <summary>The names with those of <paramref name="authority"/>.</summary>
    public UsedNames Add(NewAuthority authority)
    {
        var names = new UsedNamesBuilder(this);
        names.Add(authority);
        return names.Build();
    }

    internal ulong this[int index] => BinaryPrimitives.ReadUInt64BigEndian(Packed.Span[(index * NameSize)..]);

    internal bool Contains(ulong name)
    {
        var (low, high) = (0, Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var found = this[middle];
            if (found == name) return true;
            if (found < name) low = middle + 1;
            else high = middle - 1;
        }
        return false;
    }

    internal static void Name(NewAuthority authority, Span<ulong> names)
    {
        Span<byte> bytes = stackalloc byte[Hash256.Size];
        authority.Id.CopyTo(bytes);
        names[0] = First(Hash256.Of(bytes[..Bytes16.Size]), bytes);
        authority.SigningKey.CopyTo(bytes);
        names[1] = First(Hash256.Of(bytes), bytes);
        names[2] = First(authority.KemKeyHash, bytes);
    }

    /// <summary>Takes bytes that are known to be names in order.</summary>
    internal static UsedNames Trust(ReadOnlyMemory<byte> packed) => new(packed);

    private static ulong First(Hash256 hash, Span<byte> buffer)
    {
        hash.CopyTo(buffer);
        return BinaryPrimitives.ReadUInt64BigEndian(buffer);
    }
}
