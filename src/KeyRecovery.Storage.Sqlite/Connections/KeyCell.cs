using KeyRecovery.Service.Stores;

namespace KeyRecovery.Storage.Sqlite.Connections;

/// <summary>
/// Where the leading keys of a table's rows lie: in a table beside it, in cells of one size, by the row's number.
/// SQLite leaves copies of what it moves in the slack of pages that it rebuilds, and <c>secure_delete</c> overwrites
/// only what is deleted. Here nothing is ever moved: cells are added at the end, written in place, and never deleted,
/// so that what is overwritten is in no page any more (docs/storage.md §6).
/// </summary>
internal static class KeyCell
{
    /// <summary>The table beside <paramref name="table"/>.</summary>
    public static string TableOf(Table table) => table.Name + "_keys";

    /// <summary>A byte that says whether there is a key, and the key or zeros.</summary>
    public static int SizeOf(Table table) => 1 + table.LeadingKeySize;

    /// <summary>The bytes of a value that are its key: none where it is shorter than a key.</summary>
    public static ReadOnlySpan<byte> KeyOf(Table table, ReadOnlySpan<byte> value) =>
        value.Length < table.LeadingKeySize ? [] : value[..table.LeadingKeySize];

    /// <summary>The rest of it.</summary>
    public static ReadOnlySpan<byte> RestOf(Table table, ReadOnlySpan<byte> value) =>
        value[KeyOf(table, value).Length..];

    /// <summary>Writes a value's key as a cell.</summary>
    public static void Write(Table table, ReadOnlySpan<byte> value, Span<byte> cell)
    {
        var key = KeyOf(table, value);
        cell.Clear();
        cell[0] = key.IsEmpty ? (byte)0 : (byte)1;
        key.CopyTo(cell[1..]);
    }

    /// <summary>A value of a cell and what stands in the row. A row that lost its cell is without its key.</summary>
    public static byte[] Join(ReadOnlySpan<byte> cell, ReadOnlySpan<byte> rest) =>
        cell.IsEmpty || cell[0] == 0 ? rest.ToArray() : [.. cell[1..], .. rest];
}
