namespace KeyRecovery.Service.Stores;

/// <summary>The store of sealed data: what a backup copies. Never the same file, directory or account as the key store.</summary>
public interface IDataStore : IRowStore;
