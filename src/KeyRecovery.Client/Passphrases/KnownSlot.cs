using KeyRecovery.Protocol.Passphrases;

namespace KeyRecovery.Client.Passphrases;

/// <summary>A passphrase slot as a client knows it before it has the passphrase.</summary>
internal sealed record KnownSlot(
    AccountId Account, AuthorityId Id, VerifyKey SigningKey, PassphraseParameters Parameters);
