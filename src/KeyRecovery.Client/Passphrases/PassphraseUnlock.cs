using KeyRecovery.Client.Realms;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Passphrases;

/// <summary>
/// One guess (docs/protocol.md §14.3): stretches, asks all realms side by side, takes the first <c>threshold</c> whose
/// proof holds, and compares the slot's key before anything derived leaves the device.
/// </summary>
internal sealed class PassphraseUnlock(KeyRecoveryOptions options, RealmDirectory realms)
{
    // Long enough for a slow realm to hear that the guess which it counted was right.
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
        var blind = OprfRequest.Blind(stretched.Span, options.Random);
        var attempt = AttemptId.Draw(options.Random);
        var asked = slot.Parameters.Realms
            .Select((share, i) => AskAsync(i + 1, share, slot, attempt, blind, token, ct)).ToArray();
        try
        {
            var (proven, others) = await GatherAsync(asked, slot.Parameters.Threshold);
            if (proven.Count < slot.Parameters.Threshold) return Explain(others, slot.Parameters.Threshold);

            using var oprf = blind.Finalize([.. proven.Select(p => (p.Index, p.Status!.Evaluation!.Evaluated))]);
            var keys = PassphraseSlot.DeriveKeys(slot.Id, stretched, oprf);
            if (keys.Signing.PublicKey != slot.SigningKey)
            {
                keys.Dispose();
                return new ClientFailure.WrongPassphrase(
                    GuessesLeft(proven, slot.Parameters.Threshold),
                    ToldTime.Wait(proven.Max(p => p.Status!.NextAttemptInMs)));
            }
            var resets = Reset(asked, slot, attempt, PassphraseSlot.DeriveKeys(slot.Id, stretched, oprf));
            return new UnlockedSlot(
                slot, keys, asked, Task.WhenAll(proven.Select(p => resets[p.Index - 1])), Task.WhenAll(resets));
        }
        finally
        {
            // A slow realm's proof is still checked against it.
            _ = Task.WhenAll(asked).ContinueWith(_ => blind.Dispose(), TaskScheduler.Default);
        }
    }

    private async Task<RealmAnswer> AskAsync(
        int index, RealmShare share, KnownSlot slot, AttemptId attempt, OprfRequest blind, string token,
        CancellationToken ct)
    {
        var connected = await realms.ConnectAsync(share.Realm, ct);
        if (connected is Result<RealmConnection>.Failed failed)
            return new RealmAnswer(index, realms.NameOf(share.Realm), null, new RealmReply.Failed(failed.Failure));
        var realm = ((Result<RealmConnection>.Ok)connected).Value;
        return new RealmAnswer(index, realm.Name, realm,
            await realm.EvaluateAsync(
                new RealmEvaluate(slot.Id, attempt, blind.Blinded), share.ShareKey, blind, token, ct));
    }

    private static async Task<(List<RealmAnswer> Proven, List<RealmAnswer> Others)> GatherAsync(
        Task<RealmAnswer>[] asked, int threshold)
    {
        List<RealmAnswer> proven = [], others = [];
        await foreach (var task in Task.WhenEach(asked))
        {
            var answer = await task;
            (answer.Status is null ? others : proven).Add(answer);
            if (proven.Count == threshold) break;
        }
        return (proven, others);
    }

    // The guess was right: every realm that has counted it gives its guesses back.
    private static Task[] Reset(Task<RealmAnswer>[] asked, KnownSlot slot, AttemptId attempt, SlotKeys keys)
    {
        // Keys of its own: the caller may be done with the others before the slowest realm has answered.
        Task[] resets = [.. asked.Select(task => ResetAsync(task, slot.Id, attempt, keys))];
        _ = Task.WhenAll(resets).ContinueWith(_ => keys.Dispose(), TaskScheduler.Default);
        return resets;
    }

    private static async Task ResetAsync(Task<RealmAnswer> asked, AuthorityId slot, AttemptId attempt, SlotKeys keys)
    {
        using var limit = new CancellationTokenSource(SettleLimit);
        try
        {
            if (await asked.WaitAsync(limit.Token) is { Realm: { } realm, Status: { } status })
                await realm.ResetAsync(
                    slot, RealmReset.Sign(realm.Fingerprint, slot, attempt, status.Round, keys.Signing), limit.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // It keeps the guess as counted, and the next right one gives it back: it was too slow, or the app has
            // closed the client.
        }
    }

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
