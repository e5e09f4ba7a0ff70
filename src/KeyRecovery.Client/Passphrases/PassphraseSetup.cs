using KeyRecovery.Client.Calls;
using KeyRecovery.Client.Commits;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Realms;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Passphrases;

namespace KeyRecovery.Client.Passphrases;

/// <summary>
/// Sets a passphrase up (docs/protocol.md §14.4): a new slot always, registered everywhere and tried before the account
/// relies on it. What fails before the link is sent, and what the server refuses, leaves the old passphrase; where no
/// answer comes, either may be the account's. Nothing is taken back: a slot that never gets into the chain gives way at
/// its realms by itself.
/// </summary>
internal sealed class PassphraseSetup(KeyRecoveryOptions options, VaultState state)
{
    private const int Steps = 6;

    private IRandom Random => options.Random;

    /// <param name="passphrase">The new passphrase.</param>
    /// <param name="set">How.</param>
    /// <param name="commit">Commits a link that adds the slot and removes the others.</param>
    /// <param name="ct">Cancels; before the commit is sent nothing is left behind.</param>
    public async Task<ClientFailure?> SetAsync(
        Passphrase passphrase, SetPassphraseOptions set, Func<NewPassphraseSlot, Task<Sent>> commit,
        CancellationToken ct)
    {
        if (FindFault(options, state.Api.Realms, passphrase, set) is { } invalid) return invalid;
        if (!(await AppToken.OfHomeAsync(options, set.Token, ct)).TryGet(out var token, out var none)) return none;
        var (threshold, profile) = Choose(options, state.Api.Realms, set);

        Tell(1, "making sure whose login it is");
        if (await FindOtherUserAsync(token, ct) is { } other) return other;
        Tell(2, "connecting to the servers that will guard it");
        var connected = await state.Api.Realms.ConnectAllAsync(ct);
        if (connected is Result<RealmConnection[]>.Failed unconnected) return unconnected.Failure;
        var realms = ((Result<RealmConnection[]>.Ok)connected).Value;
        Tell(3, "stretching the passphrase");
        using var slot = await CreateAsync(passphrase, realms, threshold, profile, ct);

        Tell(4, "registering it");
        if (await RegisterAsync(slot, realms, token, ct) is { } unregistered) return unregistered;
        Tell(5, "trying it");
        if (await TryAsync(slot, passphrase, token, ct) is { } untried) return untried;
        Tell(6, "sealing the account to it");
        return (await commit(slot)).Failure;

        void Tell(int number, string text)
        {
            CallTime.Renew();
            set.Progress?.Report(new PassphraseStep(number, Steps, text));
        }
    }

    // Realms let only the login that registered guess: with another one's, nobody could recover the account.
    private async Task<ClientFailure?> FindOtherUserAsync(string token, CancellationToken ct)
    {
        var told = await ToldSlots.ReadAsync(state.Api, token, ct);
        return told.TryGet(out var slots, out var failure)
            ? slots.Account == state.Vault.Account ? null : new ClientFailure.TokenOfAnother()
            : failure is ClientFailure.UnknownPassphrase ? new ClientFailure.TokenOfAnother() : failure;
    }

    /// <summary>What is wrong with a passphrase, or with how it is to be set; null where nothing is.</summary>
    public static ClientFailure? FindFault(
        KeyRecoveryOptions options, RealmDirectory realms, Passphrase passphrase, SetPassphraseOptions set)
    {
        var (threshold, profile) = Choose(options, realms, set);
        if (threshold < realms.MinimumThreshold || !PassphraseParameters.IsThreshold(threshold, realms.Count))
            return new ClientFailure.Invalid(
                $"of {realms.Count} servers at least {realms.MinimumThreshold} must be needed, and not more than there "
                + "are");
        var weakest = options.WeakestDevice;
        if (!profile.IsAllowed) return new ClientFailure.Invalid("the stretching parameters are outside the limits");
        if (profile.MemoryKiB > weakest.MemoryKiB
            || (long)profile.MemoryKiB * profile.Passes > (long)weakest.MemoryKiB * weakest.Passes)
            return new ClientFailure.Invalid(
                $"a guess would need {profile.MemoryKiB / 1024} MiB × {profile.Passes}, and the weakest device of "
                + $"this app can afford {weakest.MemoryKiB / 1024} MiB × {weakest.Passes}: on it nobody could recover");
        return PassphraseStrength.FindFault(passphrase, threshold);
    }

    private static (int Threshold, StretchProfile Profile) Choose(
        KeyRecoveryOptions options, RealmDirectory realms, SetPassphraseOptions set) =>
        (set.Threshold ?? realms.MinimumThreshold, set.Profile ?? options.WeakestDevice);

    private async Task<NewPassphraseSlot> CreateAsync(
        Passphrase passphrase, RealmConnection[] realms, int threshold, StretchProfile profile, CancellationToken ct)
    {
        var slot = NewDevice.DrawId(Random);
        using var stretched = await Task.Run(() => passphrase.Stretch(state.Vault.Account, slot, profile), ct);
        var shares = OprfKeyShares.Split(realms.Length, threshold, Random);
        using var oprf = shares.Evaluate(stretched.Span);
        var parameters = PassphraseParameters.Create(
            profile, threshold, [.. realms.Select((r, i) => new RealmShare(r.Fingerprint, shares.ShareKeys[i]))]);
        return new NewPassphraseSlot(PassphraseSlot.DeriveKeys(slot, stretched, oprf), parameters, shares);
    }

    private async Task<ClientFailure?> RegisterAsync(
        NewPassphraseSlot slot, RealmConnection[] realms, string token, CancellationToken ct)
    {
        var replies = await Task.WhenAll(realms.Select((realm, i) => realm.RegisterAsync(
            slot.Keys, slot.Shares.Shares[i], state.Vault, state.Keys, token, Random, ct)));
        for (var i = 0; i < replies.Length; i++)
        {
            switch (replies[i])
            {
                case RealmReply.Answered:
                    continue;
                case RealmReply.Faulty faulty:
                    return new ClientFailure.RealmLied(realms[i].Name, faulty.Fault);
                case RealmReply.UnknownHome:
                    return new ClientFailure.RealmKnowsNoHome(realms[i].Name);
                case RealmReply.Failed failed:
                    return realms.Length == 1
                        ? failed.Failure : new ClientFailure.RealmUnreachable(realms[i].Name, failed.Failure.Message);
                default:
                    return new ClientFailure.RealmUnreachable(realms[i].Name, "it does not take the passphrase");
            }
        }
        return null;
    }

    // By the passphrase alone, as somebody who lost everything would; the right guess confirms the registrations.
    private async Task<ClientFailure?> TryAsync(
        NewPassphraseSlot slot, Passphrase passphrase, string token, CancellationToken ct)
    {
        var known = new KnownSlot(state.Vault.Account, slot.Keys.Id, slot.Keys.Signing.PublicKey, slot.Parameters);
        var tried = await new PassphraseUnlock(options, state.Api.Realms).TryAsync(known, passphrase, token, ct);
        if (tried is Result<UnlockedSlot>.Failed failed) return failed.Failure;
        using var unlocked = ((Result<UnlockedSlot>.Ok)tried).Value;
        await unlocked.Settled;
        return null;
    }
}
