using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Rows;

/// <summary>A stored row does not open or decode: the disk, or somebody, changed it. An operator must look.</summary>
public sealed class RowDamagedException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="table">The table; the row's id is not told.</param>
    public RowDamagedException(Table table) : base($"a row of {table} is damaged") { }

    /// <summary>Makes the exception.</summary>
    public RowDamagedException() : base("a row is damaged") { }

    /// <summary>Makes the exception.</summary>
    public RowDamagedException(string message) : base(message) { }

    /// <summary>Makes the exception.</summary>
    public RowDamagedException(string message, Exception innerException) : base(message, innerException) { }
}
