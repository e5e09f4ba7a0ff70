using System.Collections.Immutable;
using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Service.UseCases;

/// <summary>What came of a repair.</summary>
/// <param name="Heads">Where the account stands now.</param>
/// <param name="Missing">Sealed items that the manifest names and the server lacks: the client stores them one by
/// one.</param>
public sealed record RepairResult(Heads Heads, ImmutableArray<Hash256> Missing);
