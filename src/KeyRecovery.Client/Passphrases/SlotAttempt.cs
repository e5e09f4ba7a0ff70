using KeyRecovery.Client.Realms;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Recovery;

namespace KeyRecovery.Client.Passphrases;

/// <summary>
/// One attempt at a slot's realms, side by side: the same attempt and the same blinded element at each. Realms that are
/// not waited for any more are still asked, so that whoever counts the attempt hears it where it was right.
/// </summary>
internal sealed class SlotAttempt : IDisposable
{
    // Longer than a slow realm may take for what it is asked, its repeats and the pauses between.
    private static readonly TimeSpan TellLimit = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _end = new();
    private readonly RealmDirectory _realms;
    private readonly KnownSlot _slot;
    private readonly OprfRequest _blind;
    private readonly AttemptId _attempt;
    private readonly string _token;
    private Task _underWay;

    /// <summary>Begins to ask.</summary>
    /// <param name="realms">Those that may be asked.</param>
    /// <param name="slot">The slot.</param>
    /// <param name="input">The stretched passphrase.</param>
    /// <param name="token">The home server's token, for the home server alone.</param>
    /// <param name="random">Draws blind and attempt.</param>
    public SlotAttempt(RealmDirectory realms, KnownSlot slot, ReadOnlySpan<byte> input, string token, IRandom random)
    {
        (_realms, _slot, _token) = (realms, slot, token);
        _blind = OprfRequest.Blind(input, random);
        _attempt = AttemptId.Draw(random);
        Asked = [.. Enumerable.Range(1, slot.Parameters.Realms.Length).Select(AskAsync)];
        _underWay = Task.WhenAll(Asked);
    }

    /// <summary>Each realm's answer, in the order of the slot's parameters.</summary>
    public Task<RealmAnswer>[] Asked { get; }

    /// <summary>Waits until as many answers as the slot needs are proven, or all are in.</summary>
    public async Task<(List<RealmAnswer> Proven, List<RealmAnswer> Others)> GatherAsync(CancellationToken ct)
    {
        List<RealmAnswer> proven = [], others = [];
        using var cancelled = ct.Register(_end.Cancel);
        await foreach (var task in Task.WhenEach(Asked).WithCancellation(ct))
        {
            var answer = await task;
            (answer.Status is null ? others : proven).Add(answer);
            if (proven.Count == _slot.Parameters.Threshold) break;
        }
        return (proven, others);
    }

    /// <summary>The PRF's output from enough proven answers.</summary>
    public SecretBytes Finalize(IEnumerable<RealmAnswer> proven) =>
        _blind.Finalize([.. proven.Select(p => (p.Index, p.Status!.Evaluation!.Evaluated))]);

    /// <summary>The guess was right: every realm that has counted it, or will, gives its guesses back.</summary>
    /// <param name="keys">The slot's keys; this attempt's own from here on, and disposed.</param>
    /// <returns>One task for each realm, which never fails.</returns>
    public Task[] Reset(SlotKeys keys)
    {
        _end.CancelAfter(TellLimit);
        Task[] resets = [.. Asked.Select(asked => ResetAsync(asked, keys))];
        _underWay = Task.WhenAll(resets).ContinueWith(_ => keys.Dispose(), TaskScheduler.Default);
        return resets;
    }

    /// <summary>Lets what is under way come to its end.</summary>
    public void Dispose() => _ = _underWay.ContinueWith(_ =>
    {
        _blind.Dispose();
        _end.Dispose();
    }, TaskScheduler.Default);

    private async Task<RealmAnswer> AskAsync(int place)
    {
        var share = _slot.Parameters.Realms[place - 1];
        var connected = await _realms.ConnectAsync(share.Realm, _end.Token);
        if (!connected.TryGet(out var realm, out var failure))
            return new RealmAnswer(place, _realms.NameOf(share.Realm), null, new RealmReply.Failed(failure));
        return new RealmAnswer(place, realm.Name, realm, await realm.EvaluateAsync(
            new RealmEvaluate(_slot.Id, _attempt, _blind.Blinded), share.ShareKey, _blind, _token, _end.Token));
    }

    private async Task ResetAsync(Task<RealmAnswer> asked, SlotKeys keys)
    {
        try
        {
            var answer = await asked;
            // Whose answer was lost may have counted it. The same attempt is counted once, and tells the round.
            if (answer is { Realm: not null, Reply: RealmReply.Failed }) answer = await AskAsync(answer.Index);
            if (answer is { Realm: { } realm, Status: { } status })
                await realm.ResetAsync(
                    _slot.Id, RealmReset.Sign(realm.Fingerprint, _slot.Id, _attempt, status.Round, keys.Signing),
                    _end.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // It keeps the guess as counted, and the next right one gives it back: it was too slow, or the app has
            // closed the client.
        }
    }
}
