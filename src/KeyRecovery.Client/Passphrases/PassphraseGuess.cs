using System.Collections.Immutable;
using KeyRecovery.Client.Realms;

namespace KeyRecovery.Client.Passphrases;

/// <summary>
/// What a person does once: types a passphrase for an account (docs/protocol.md §14.4). Each of its slots is guessed at
/// once and at most two of them, and none but of realms that the app's configuration names together: who tells the
/// slots can neither name a realm nor have more counted.
/// </summary>
internal sealed class PassphraseGuess(KeyRecoveryOptions options, RealmDirectory realms)
{
    // One as a rule. There are two where a new one was set, and the old one is still to be removed.
    private const int MostSlots = 2;

    /// <summary>Tries the slots, those of the newest realms first.</summary>
    /// <param name="slots">The account's, as far as they are known.</param>
    /// <param name="passphrase">What was typed.</param>
    /// <param name="token">The home server's token, for the home server alone.</param>
    /// <param name="ct">Cancels; what was counted stays counted.</param>
    public async Task<Result<UnlockedSlot>> MakeAsync(
        ImmutableArray<KnownSlot> slots, Passphrase passphrase, string token, CancellationToken ct)
    {
        ClientFailure failure = new ClientFailure.UnknownPassphrase();
        var known = new List<(KnownSlot Slot, int Age)>();
        foreach (var slot in slots.DistinctBy(s => s.Id))
        {
            if ((await realms.AgeAsync(slot.Parameters, ct)).TryGet(out var age, out var unknown))
                known.Add((slot, age));
            else failure = unknown;
        }
        List<ClientFailure> failures = [];
        foreach (var (slot, _) in known.OrderBy(k => k.Age).Take(MostSlots))
        {
            var tried = await new PassphraseUnlock(options, realms).TryAsync(slot, passphrase, token, ct);
            if (tried.TryGet(out var unlocked, out var refused)) return unlocked;
            failures.Add(refused);
        }
        // One that could not be tried may be the one whose passphrase this is.
        return failures.Find(f => f is not ClientFailure.WrongPassphrase)
            ?? failures.OfType<ClientFailure.WrongPassphrase>().MaxBy(f => f.GuessesLeft) ?? failure;
    }
}
