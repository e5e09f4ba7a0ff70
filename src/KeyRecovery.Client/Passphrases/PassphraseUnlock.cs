using KeyRecovery.Client.Realms;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Passphrases;

/// <summary>
/// One guess (docs/protocol.md §14.3): stretches, asks all realms side by side, takes the first <c>threshold</c> whose
/// proof holds, and compares the slot's key before anything derived leaves the device.
/// </summary>
internal sealed class PassphraseUnlock(KeyRecoveryOptions options, RealmDirectory realms)
{
    // So long a call that is done waits for slow realms to hear that the guess which they counted was right.
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(5);

    /// <param name="slot">The slot.</param>
    /// <param name="passphrase">The guess.</param>
    /// <param name="token">The home server's token, for the home server alone.</param>
    /// <param name="ct">Cancels; what was counted stays counted.</param>
    public async Task<Result<UnlockedSlot>> TryAsync(
        KnownSlot slot, Passphrase passphrase, string token, CancellationToken ct)
    {
        using var stretched = await Task.Run(
            () => passphrase.Stretch(slot.Account, slot.Id, slot.Parameters.Profile), ct);
        using var attempt = new SlotAttempt(realms, slot, stretched.Span, token, options.Random);
        var (proven, others) = await attempt.GatherAsync(ct);
        if (proven.Count < slot.Parameters.Threshold) return Explain(others, slot.Parameters.Threshold);

        using var oprf = attempt.Finalize(proven);
        var keys = PassphraseSlot.DeriveKeys(slot.Id, stretched, oprf);
        if (keys.Signing.PublicKey != slot.SigningKey)
        {
            // Right by what the realms know of the slot: then the home told another key than it was set up with.
            var isRight = proven.All(p => p.Status!.Told.SigningKey == keys.Signing.PublicKey);
            keys.Dispose();
            if (isRight) return new ClientFailure.ServerLied(ProtocolFault.SlotParameters);
            return new ClientFailure.WrongPassphrase(
                GuessesLeft(proven, slot.Parameters.Threshold),
                ToldTime.Wait(proven.Max(p => p.Status!.NextAttemptInMs)));
        }
        // Keys of their own: the caller may be done with the others before the slowest realm has answered.
        var resets = attempt.Reset(PassphraseSlot.DeriveKeys(slot.Id, stretched, oprf));
        return new UnlockedSlot(
            slot, keys, attempt.Asked, InTimeAsync(proven.Select(p => resets[p.Index - 1])), InTimeAsync(resets));
    }

    private static async Task InTimeAsync(IEnumerable<Task> resets) =>
        await Task.WhenAny(Task.WhenAll(resets), Task.Delay(SettleLimit));

    // How many more guesses can succeed: as many as the threshold-th best of the realms allows.
    private static int GuessesLeft(List<RealmAnswer> proven, int threshold) =>
        proven.Select(p => p.Status!.GuessesLeft).OrderDescending().ElementAt(threshold - 1);

    // Too few answers: the reason that a person can do most about comes first, and never a wrong passphrase.
    private static ClientFailure Explain(List<RealmAnswer> others, int threshold)
    {
        var refused = others.Select(o => o.Reply).OfType<RealmReply.Refused>().ToList();
        if (refused.Where(r => r.Refusal == RealmRefusal.Waiting).OrderBy(r => r.Wait).LastOrDefault() is { } waiting)
            return new ClientFailure.GuessWait(waiting.GuessesLeft, waiting.Wait);
        if (refused.Any(r => r.Refusal == RealmRefusal.Paused)) return new ClientFailure.PassphrasePaused();
        if (refused.Any(r => r.Refusal == RealmRefusal.Locked)) return new ClientFailure.PassphraseLocked();
        foreach (var other in others)
        {
            if (other.Reply is RealmReply.Faulty faulty) return new ClientFailure.RealmLied(other.Name, faulty.Fault);
            if (other.Reply is RealmReply.Failed { Failure: ClientFailure.RealmLied lied }) return lied;
        }
        return others.Select(o => o.Reply).OfType<RealmReply.Failed>().FirstOrDefault() is { } failed
            ? threshold > 1 ? new ClientFailure.TooFewRealms(threshold, [.. others.Select(o => o.Name)])
                : failed.Failure
            : new ClientFailure.UnknownPassphrase();
    }
}
