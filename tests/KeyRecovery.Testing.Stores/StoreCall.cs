using KeyRecovery.Service.Stores;

namespace KeyRecovery.Testing.Stores;

/// <summary>One thing that a store was asked for.</summary>
/// <param name="Kind">What.</param>
/// <param name="Table">Of which table.</param>
/// <param name="IdBytes">The id's size.</param>
/// <param name="ValueBytes">The size of the value that is read, written or deleted; 0 where there is none.</param>
/// <param name="Rows">How many rows: 1, or as many as a scan found.</param>
public sealed record StoreCall(StoreCallKind Kind, Table Table, int IdBytes, long ValueBytes, int Rows = 1);

/// <summary>What a store can be asked for.</summary>
public enum StoreCallKind
{
    /// <summary>One row.</summary>
    Read,

    /// <summary>One row for its token: whole all the same.</summary>
    Head,

    /// <summary>One row that is not there.</summary>
    ReadNothing,

    /// <summary>A step that writes a row.</summary>
    Write,

    /// <summary>A step that deletes a row.</summary>
    Delete,

    /// <summary>A step that deletes a row that is not there.</summary>
    DeleteNothing,

    /// <summary>The rows of a table, or of an owner.</summary>
    Scan,
}
