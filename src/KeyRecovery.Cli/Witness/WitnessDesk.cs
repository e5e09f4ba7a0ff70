using System.Text.Json.Nodes;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery.Cli.Witness;

/// <summary>
/// Answers as a witness (C2SP tlog-witness): <c>add-checkpoint</c>, and what it cosigned last of each log. A log's
/// requests are answered one after the other, and what is cosigned is durable before it is answered.
/// </summary>
internal sealed class WitnessDesk : IDisposable
{
    private readonly WitnessKey _key;
    private readonly WitnessFolder _folder;
    private readonly IOutput _output;
    private readonly TimeProvider _time;
    private readonly Lock _telling = new();
    private readonly Dictionary<string, Log> _logs;
    private readonly Dictionary<string, Log> _byPath;

    /// <param name="key">Cosigns.</param>
    /// <param name="logs">The keys of the logs: several of one name are one log's.</param>
    /// <param name="folder">Keeps.</param>
    /// <param name="output">Where it tells what an operator must know.</param>
    /// <param name="time">The clock of cosignatures.</param>
    public WitnessDesk(
        WitnessKey key, IEnumerable<NoteKey> logs, WitnessFolder folder, IOutput output, TimeProvider time)
    {
        (_key, _folder, _output, _time) = (key, folder, output, time);
        _logs = logs.GroupBy(log => log.Name, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => new Log(group.Key, [.. group]), StringComparer.Ordinal);
        _byPath = _logs.Values.ToDictionary(
            log => "/" + WitnessAnswer.CheckpointPath(log.Origin), StringComparer.Ordinal);
    }

    /// <summary>The logs, with the size that was cosigned last.</summary>
    /// <exception cref="InvalidDataException">What is kept of one is not this witness's.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public IEnumerable<(string Origin, ulong? Size)> Known() => _logs.Values.Select(log =>
        (log.Origin, _folder.Last(log.Origin) is { } last && Checkpoint.TryParse(last.Text, out var known)
            ? known.Size : (ulong?)null));

    /// <summary>Answers a request; a failure is an answer too.</summary>
    public async Task<HttpReply> AnswerAsync(HttpQuestion question)
    {
        try
        {
            if (question.Target == "/add-checkpoint")
                return question.Method == "POST" ? await AddAsync(question.Body) : NoMethod();
            if (!_byPath.TryGetValue(question.Target, out var log)) return HttpReply.Text(404, "nothing is here");
            if (question.Method != "GET") return NoMethod();
            return _folder.Last(log.Origin) is { } last
                ? HttpReply.Note(last.Encode()) : HttpReply.Text(404, "nothing of this log was cosigned yet");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            Tell("failed", $"nothing was cosigned: {failure.Message}", []);
            return HttpReply.Text(500, "the witness cannot keep its state, and cosigns nothing");
        }
    }

    public void Dispose()
    {
        foreach (var log in _logs.Values) log.Turn.Dispose();
    }

    private async Task<HttpReply> AddAsync(byte[] body)
    {
        if (!WitnessRequest.TryParse(body, out var request)) return HttpReply.Text(400, "not a request to a witness");
        if (!_logs.TryGetValue(request.Origin, out var log)) return HttpReply.Text(404, "not a log of this witness");
        await log.Turn.WaitAsync();
        try
        {
            return await DecideAsync(log, request);
        }
        finally
        {
            log.Turn.Release();
        }
    }

    private async Task<HttpReply> DecideAsync(Log log, WitnessRequest request)
    {
        var decision = new WitnessedLog([.. log.Keys], _folder.Last(log.Origin)).Decide(request);
        if (decision.Evidence is { } evidence) await AccuseAsync(log, evidence);
        switch (decision)
        {
            case WitnessDecision.Cosign(var note):
                var cosignature = _key.Cosign(note, _time.GetUtcNow());
                await _folder.KeepAsync(log.Origin, note.With(cosignature));
                return HttpReply.Note(WitnessAnswer.Encode(cosignature));
            case WitnessDecision.OtherSize(var size):
                return new HttpReply(decision.Status, WitnessAnswer.SizeType, WitnessAnswer.EncodeSize(size));
            case WitnessDecision.Malformed:
                return HttpReply.Text(decision.Status, "no checkpoint, or the old size is beyond it");
            case WitnessDecision.NotSigned:
                return HttpReply.Text(decision.Status, "not signed by this log");
            default:
                return HttpReply.Text(decision.Status, "it does not go on from what was cosigned last");
        }
    }

    // Whatever comes of keeping it, nothing is cosigned.
    private async Task AccuseAsync(Log log, WitnessEvidence evidence)
    {
        var what = evidence.IsFork
            ? $"{log.Origin} has signed two trees of one size" : $"{log.Origin} gave a proof that does not hold";
        try
        {
            if (await _folder.KeepAsync(log.Origin, evidence) is not { } file) return;
            Tell(
                evidence.IsFork ? "fork" : "proof-failed",
                $"{what}; nothing was cosigned, and both are kept in {file}",
                new JsonObject { ["origin"] = log.Origin, ["file"] = file });
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Tell(
                evidence.IsFork ? "fork" : "proof-failed", $"{what}; it cannot be kept: {failure.Message}",
                new JsonObject { ["origin"] = log.Origin });
        }
    }

    private void Tell(string what, string text, JsonObject members)
    {
        members["event"] = what;
        members["message"] = text;
        try
        {
            lock (_telling) _output.Step(members, people => people.WriteLine($"ALARM: {text}"));
        }
        catch (Exception mute) when (mute is IOException or UnauthorizedAccessException)
        {
            // Nobody listens: what is kept stands in the folder, and the witness goes on.
        }
    }

    private static HttpReply NoMethod() => HttpReply.Text(405, "not a method of this address");

    private sealed record Log(string Origin, IReadOnlyList<NoteKey> Keys)
    {
        public SemaphoreSlim Turn { get; } = new(1, 1);
    }
}
