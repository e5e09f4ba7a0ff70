namespace KeyRecovery.Service.Stores;

/// <summary>
/// How far the steps of a store's schema have come (docs/storage.md §11). Each number only grows, and none is behind
/// the one after it.
/// </summary>
/// <param name="Made">The newest schema whose tables are there.</param>
/// <param name="Least">The oldest schema whose programs may have the store open.</param>
/// <param name="Written">The newest schema whose tables and formats may be written: all who run read them.</param>
public readonly record struct StoreSchema(int Made, int Least, int Written)
{
    /// <summary>A store that only one program has ever had.</summary>
    public static StoreSchema Of(int schema) => new(schema, schema, schema);
}
