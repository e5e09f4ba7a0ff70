namespace KeyRecovery.Service.Stores;

/// <summary>Where a row is: its table and its id. Compared by content; ids order as unsigned bytes.</summary>
/// <param name="Table">The table.</param>
/// <param name="Id">1 to 64 bytes.</param>
/// <exception cref="ArgumentException">The id is empty or too long.</exception>
public readonly record struct RowKey(Table Table, ReadOnlyMemory<byte> Id)
{
    /// <summary>The most bytes an id may have: 64.</summary>
    public const int MaxIdSize = 64;

    /// <summary>1 to 64 bytes.</summary>
    public ReadOnlyMemory<byte> Id { get; } = Throw.UnlessRowId(Id);

    /// <summary>Same table, same bytes.</summary>
    public bool Equals(RowKey other) => Table == other.Table && Id.Span.SequenceEqual(other.Id.Span);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Table.Number);
        hash.AddBytes(Id.Span);
        return hash.ToHashCode();
    }

    /// <summary>The table and the id in hexadecimal.</summary>
    public override string ToString() => $"{Table}/{Convert.ToHexStringLower(Id.Span)}";
}
