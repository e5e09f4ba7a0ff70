namespace KeyRecovery.Service.Accounts;

/// <summary>Where an item's version comes from.</summary>
/// <param name="Writer">Who wrote it.</param>
/// <param name="Since">The version of the manifest that brought it, or in an undo brought it back.</param>
public readonly record struct ItemOrigin(ItemWriter Writer, ulong Since);
