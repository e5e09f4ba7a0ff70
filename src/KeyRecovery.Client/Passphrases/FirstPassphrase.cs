using KeyRecovery.Client.Realms;

namespace KeyRecovery.Client.Passphrases;

/// <summary>
/// The passphrase that an account begins with. Only its setter in <see cref="CreateOptions"/> makes one: an app that
/// sets none has neither the judge of passphrases nor its lists of words, since the linker drops what no object is
/// made of.
/// </summary>
internal sealed record FirstPassphrase(Passphrase Passphrase)
{
    /// <summary>What is wrong with it, told before the account is made; null where nothing is.</summary>
    public ClientFailure? FindFault(KeyRecoveryOptions options, RealmDirectory realms) =>
        PassphraseSetup.FindFault(options, realms, Passphrase, new SetPassphraseOptions());

    /// <summary>Sets it, in the account's second commit.</summary>
    public async Task<ClientFailure?> SetAsync(PassphraseManager account, string token, CancellationToken ct) =>
        (await account.SetAsync(Passphrase, new SetPassphraseOptions { Token = token }, ct)).Error;
}
