using System.Collections.Immutable;

namespace KeyRecovery.Service.UseCases;

/// <summary>The active passphrase slots of one account.</summary>
/// <param name="Account">The account.</param>
/// <param name="Slots">By id.</param>
public sealed record PassphraseSlots(AccountId Account, ImmutableArray<PassphraseSlotEntry> Slots);
