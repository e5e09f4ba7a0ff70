using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>A revocation that is done.</summary>
/// <param name="Removed">Who is locked out now.</param>
/// <param name="Replace">Slots that should be replaced, with <see cref="VaultSession.AddCodeAsync"/>: they were made on
/// a stolen device.</param>
/// <param name="Epoch">The epoch since then: what is stored from now on nobody removed can open.</param>
public sealed record Revocation(ImmutableArray<AuthorityId> Removed, ImmutableArray<AuthorityId> Replace, ulong Epoch);
