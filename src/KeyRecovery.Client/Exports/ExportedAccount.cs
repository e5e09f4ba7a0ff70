using System.Collections.Immutable;

namespace KeyRecovery;

/// <summary>What <see cref="VaultSession.ExportAsync"/> has written.</summary>
/// <param name="Items">How many items it has with their contents.</param>
/// <param name="Versions">How many older versions of items.</param>
/// <param name="NotOpened">
/// Of which items or versions only the standing is told, each by its name or id: the server lost them, or this device
/// cannot open them. Empty as a rule.
/// </param>
public sealed record ExportedAccount(int Items, int Versions, ImmutableArray<string> NotOpened);
