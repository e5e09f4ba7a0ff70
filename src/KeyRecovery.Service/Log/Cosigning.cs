using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Log;

/// <summary>
/// Asks the witnesses for cosignatures of the newest checkpoint, and publishes it with those that hold
/// (docs/storage.md §7). It works on what lies in the files alone and signs nothing; each round may be made again, by
/// whomever. Safe for concurrent use: a round at a time.
/// </summary>
internal sealed class Cosigning(LogWitnesses witnesses, ILogFiles files) : IDisposable
{
    // Another size may be told once more than proofs were made for: somebody else asks meanwhile.
    private const int Questions = 4;

    // What is told of those that were cut off by it.
    public const string Slow = "it is slower than the others";

    // For those that are slower than a quorum.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly LogPolicy _policy = witnesses.Policy;
    private readonly LogReader _reader = new(files);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<NoteKey, ulong> _sizes = [];
    private readonly HashSet<NoteKey> _heard = [];
    private readonly Dictionary<NoteKey, Contradiction> _against = [];
    private SignedNote? _gathered;
    private volatile CosigningReport? _last;
    private volatile Contradiction? _halt;

    /// <summary>Whether an uncosigned checkpoint is kept back.</summary>
    public bool HoldsBack => _policy.NeedsWitnesses;

    private IEnumerable<LogPolicyEntry> Asked => _policy.Witnesses.Where(witness => witness.Url is not null);

    /// <summary>Whether anything may be signed: before the first time the witnesses are asked.</summary>
    /// <exception cref="LogContradictedException">A witness knows a larger tree, or another one.</exception>
    /// <exception cref="StoreUnavailableException">The files cannot be read or written.</exception>
    public async Task AllowAsync(ImmutableArray<NoteKey> log, CancellationToken ct)
    {
        if (_last is null) await RoundAsync(log, ct);
        if (_halt is { } halt)
            throw new LogContradictedException(
                $"{halt.Text}. Nothing is signed: put the newest copy of the keys and of the log's folder in place. If "
                + $"there is none, a new log is begun with KeyRecovery:Log:BeginAnewAfter={halt.Ours}. If it is the "
                + "witness that is wrong, take it out of KeyRecovery:Log:Policy");
    }

    /// <summary>Asks those that have not cosigned the newest checkpoint yet.</summary>
    /// <returns>How they stand; null where there is no checkpoint yet.</returns>
    /// <exception cref="StoreUnavailableException">The files cannot be read or written.</exception>
    public async Task<CosigningReport?> RoundAsync(ImmutableArray<NoteKey> log, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            if (await NewestAsync(log, ct) is not var (note, checkpoint)) return null;
            if (_gathered?.Text != note.Text) _gathered = note;
            if (await PublishedAsync(log, ct) is var (published, _) && published.Text == note.Text)
                foreach (var witness in _policy.Witnesses) Gather(witness.Key, published.Of(witness.Key));
            var standings = await AskAllAsync(log, checkpoint, ct);
            var size = await PublishedAsync(log, ct) is var (_, now) ? now.Size : 0;
            return _last = new CosigningReport(checkpoint.Size, size, standings);
        }
        finally
        {
            _halt = FindHalt();
            _turn.Release();
        }
    }

    /// <summary>
    /// Begins another log while no round goes on, which would publish the old one: what was said of that does not
    /// count.
    /// </summary>
    public async Task<T> BeginAnewAsync<T>(Func<ValueTask<T>> begin, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            var begun = await begin();
            _sizes.Clear();
            _heard.Clear();
            _against.Clear();
            (_gathered, _last, _halt) = (null, null, null);
            return begun;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    // What shows our own signature counts whoever shows it. A word alone counts where no quorum is left without those
    // who give it: then it is they whom the policy believes.
    private Contradiction? FindHalt()
    {
        var against = _against.Values.ToList();
        if (against.Find(one => one.Shown is not null) is { } shown) return shown;
        if (against.Count == 0) return null;
        var agree = Asked.Select(witness => witness.Key).Except(against.Select(one => one.Witness)).ToHashSet();
        return _policy.NeedsWitnesses && _policy.IsQuorum(agree.Contains) ? null : against[0];
    }

    private async Task<ImmutableArray<WitnessStanding>> AskAllAsync(
        ImmutableArray<NoteKey> log, Checkpoint checkpoint, CancellationToken ct)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var standings = ImmutableArray.CreateBuilder<WitnessStanding>();
        // Each of them once at least: what it cosigned since is not known, where the stores went back.
        var left = Asked.Where(witness => !_heard.Contains(witness.Key) || !HasCosigned(witness.Key)).ToList();
        var isFirst = _last is null;
        foreach (var witness in Asked.Except(left)) standings.Add(new WitnessStanding(witness.Key, null, false));
        var asked = left.Select(witness => AskAsync(witness, log, _gathered!.Only(log), checkpoint, enough.Token))
            .ToList();
        await PublishAsync(ct);
        await foreach (var answered in Task.WhenEach(asked))
        {
            var answer = await answered;
            if (answer.Cosignature is { } cosignature) Gather(answer.Witness, [cosignature]);
            if (answer.Against is { } against) _against[answer.Witness] = against;
            else if (answer.Cosignature is not null) _against.Remove(answer.Witness);
            if (answer.IsHeard) _heard.Add(answer.Witness);
            _sizes[answer.Witness] = answer.Size;
            standings.Add(new WitnessStanding(
                answer.Witness, answer.Trouble, answer.Against is not null));
            if (answer.Cosignature is null) continue;
            await PublishAsync(ct);
            // Whoever never ends must not keep the next checkpoint waiting.
            if (!isFirst && _policy.NeedsWitnesses && _policy.IsQuorum(HasCosigned)) enough.CancelAfter(Grace);
        }

        ct.ThrowIfCancellationRequested();
        return standings.ToImmutable();
    }

    private bool HasCosigned(NoteKey witness) => Cosignature.FindTime(_gathered!, witness) is not null;

    // One that holds, of one that is not there yet: each witness has one line.
    private void Gather(NoteKey witness, IEnumerable<NoteSignature> signatures)
    {
        if (HasCosigned(witness)) return;
        foreach (var signature in signatures)
        {
            if (Cosignature.FindTime(_gathered!.Only([]).With(signature), witness) is null) continue;
            _gathered = _gathered.With(signature);
            return;
        }
    }

    private async Task<Answer> AskAsync(
        LogPolicyEntry witness, ImmutableArray<NoteKey> log, SignedNote note, Checkpoint checkpoint,
        CancellationToken ct)
    {
        var known = _sizes.GetValueOrDefault(witness.Key);
        if (known > checkpoint.Size) known = 0;
        var answer = new Answer(witness.Key, known);
        try
        {
            for (var question = 0; question < Questions; question++)
            {
                var proof = await _reader.ConsistencyAsync(answer.Size, checkpoint.Size, ct);
                var reply = await witnesses.Asked.AddAsync(
                    witness, new WitnessRequest(answer.Size, proof, note), ct);
                answer = answer with { IsHeard = answer.IsHeard || reply is not WitnessReply.Silent };
                switch (reply)
                {
                    case WitnessReply.Cosigned(var signatures):
                        foreach (var signature in signatures.Where(s => s.Name == witness.Key.Name))
                            if (Cosignature.FindTime(note.Only([]).With(signature), witness.Key) is not null)
                                return answer with { Size = checkpoint.Size, Cosignature = signature };
                        return answer with { Trouble = "what it cosigned does not verify" };
                    case WitnessReply.Knows(var size) when size > checkpoint.Size:
                        return await AccuseAsync(witness, log, checkpoint, answer, size, ct);
                    case WitnessReply.Knows(var size) when size == answer.Size:
                        return answer with { Size = 0, Trouble = "it refuses the size that it tells" };
                    case WitnessReply.Knows(var size):
                        answer = answer with { Size = size };
                        break;
                    case WitnessReply.Refused(422):
                        return await AccuseAsync(witness, log, checkpoint, answer, answer.Size, ct);
                    case WitnessReply.Refused(var status):
                        return answer with { Trouble = Words(status) };
                    case WitnessReply.Silent(var why):
                        return answer with { Trouble = why };
                }
            }

            return answer with { Size = 0, Trouble = "it tells another size each time" };
        }
        catch (OperationCanceledException)
        {
            return answer with { Trouble = Slow, IsHeard = false };
        }
        catch (LogFaultException wrong)
        {
            return answer with { Trouble = wrong.Message };
        }
    }

    private static string Words(int status) => status switch
    {
        404 => "it does not know this log: give its operator the log's verifier key",
        403 => "it has another key of this log",
        _ => $"it refuses with status {status}",
    };

    // Another instance may have grown the log since this one looked: then nothing is wrong.
    private async Task<Answer> AccuseAsync(
        LogPolicyEntry witness, ImmutableArray<NoteKey> log, Checkpoint checkpoint, Answer answer, ulong theirs,
        CancellationToken ct)
    {
        var newest = await NewestAsync(log, ct) is var (_, grown) ? grown : checkpoint;
        if (theirs > checkpoint.Size && theirs <= newest.Size)
            return answer with { Trouble = "the log has grown meanwhile" };
        var shown = await ShownAsync(witness, log, newest, ct);
        var against = new Contradiction(witness.Key, shown?.Checkpoint.Size ?? theirs, newest.Size, shown?.Note);
        return answer with { Size = 0, Trouble = against.Text, Against = against };
    }

    // What our key has signed and is not of our tree.
    private async Task<(SignedNote Note, Checkpoint Checkpoint)?> ShownAsync(
        LogPolicyEntry witness, ImmutableArray<NoteKey> log, Checkpoint checkpoint, CancellationToken ct)
    {
        var bytes = await witnesses.Asked.LastAsync(witness, log[0].Name, ct);
        if (bytes is null || !SignedNote.TryParse(bytes, out var note)
            || Checkpoint.FindOpen(note, log) is not { } theirs) return null;
        var goesOn = theirs.Size <= checkpoint.Size && MerkleProof.VerifyConsistency(
            theirs.Size, theirs.Root, checkpoint.Size, checkpoint.Root,
            await _reader.ConsistencyAsync(theirs.Size, checkpoint.Size, ct));
        return goesOn ? null : (note, theirs);
    }

    private async Task<(SignedNote Note, Checkpoint Checkpoint)?> NewestAsync(
        ImmutableArray<NoteKey> log, CancellationToken ct) =>
        Open(HoldsBack ? await files.SignedAsync(ct) : await files.CheckpointAsync(ct), log);

    private async Task<(SignedNote Note, Checkpoint Checkpoint)?> PublishedAsync(
        ImmutableArray<NoteKey> log, CancellationToken ct) =>
        Open(await files.CheckpointAsync(ct), log);

    private static (SignedNote, Checkpoint)? Open(byte[]? bytes, ImmutableArray<NoteKey> log) =>
        bytes is not null && SignedNote.TryParse(bytes, out var note) && Checkpoint.FindOpen(note, log) is { } opened
            ? (note, opened) : null;

    private async Task PublishAsync(CancellationToken ct)
    {
        var (note, policy) = (_gathered!, _policy);
        if (policy.NeedsWitnesses && !policy.IsQuorum(HasCosigned)) return;
        await files.PublishAsync(note.Encode(), published => Follows(note, published), ct);
    }

    // A larger tree, or the same one with more cosignatures.
    private static bool Follows(SignedNote note, byte[]? published)
    {
        if (published is null || !SignedNote.TryParse(published, out var there)
            || !Checkpoint.TryParse(there.Text, out var before)) return true;
        if (there.Text == note.Text) return note.Signatures.Length > there.Signatures.Length;
        return Checkpoint.TryParse(note.Text, out var next) && next.Size > before.Size;
    }

    // What came of asking one of them.
    private sealed record Answer(NoteKey Witness, ulong Size)
    {
        public NoteSignature? Cosignature { get; init; }

        public string? Trouble { get; init; }

        public Contradiction? Against { get; init; }

        public bool IsHeard { get; init; }
    }
}
