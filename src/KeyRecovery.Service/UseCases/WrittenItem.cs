using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Service.UseCases;

/// <summary>An item as it is now.</summary>
/// <param name="Item">Its entry in the manifest.</param>
/// <param name="Writer">Who wrote it.</param>
public sealed record WrittenItem(ManifestItem Item, ItemWriter Writer);
