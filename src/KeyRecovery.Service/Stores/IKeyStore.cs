namespace KeyRecovery.Service.Stores;

/// <summary>
/// The store of wrapped keys and lookups. What it deletes is gone from its files, where it has any, when the write is
/// acknowledged.
/// </summary>
public interface IKeyStore : IRowStore;
