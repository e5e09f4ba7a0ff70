using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Moves;

/// <summary>What lies in a store.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Row">Which row it is; null where it is none.</param>
public sealed record StoredName(string Name, RowKey? Row);
