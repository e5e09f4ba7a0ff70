using KeyRecovery.Client.Http;
using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery.Client.Logs;

/// <summary>Asks witnesses which checkpoint of a log they cosigned last (C2SP tlog-witness, the monitoring read).
/// </summary>
internal sealed class WitnessCalls(KeyRecoveryOptions options, LogPolicy policy)
{
    // One that is away must not hold up the others for minutes.
    private const int MostAttempts = 2;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(8);

    /// <summary>Asks all that the policy tells where to reach, at once.</summary>
    /// <param name="origin">The log.</param>
    /// <param name="ct">Cancels.</param>
    public Task<WitnessedCheckpoint[]> AskAsync(string origin, CancellationToken ct) =>
        Task.WhenAll(policy.Witnesses.Select(witness => AskAsync(witness, origin, ct)));

    private async Task<WitnessedCheckpoint> AskAsync(LogPolicyEntry witness, string origin, CancellationToken ct)
    {
        var name = witness.Key.Name;
        if (!Uri.TryCreate(witness.Url, UriKind.Absolute, out var url)
            || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
            return new WitnessedCheckpoint(new WitnessReport(name, null, "the policy does not say where it is"));
        using var transport = new ApiTransport(options with
        {
            Server = new Uri(url.GetLeftPart(UriPartial.Authority)), Authority = null,
            Attempts = Math.Min(options.Attempts, MostAttempts),
            RequestTimeout = options.RequestTimeout < LongestWait ? options.RequestTimeout : LongestWait,
            RequestDeadline = LongestWait,
        });
        var path = $"{url.AbsolutePath.TrimEnd('/')}/{WitnessAnswer.CheckpointPath(origin)}";
        var answer = await transport.SendAsync(ApiRequest.Get(path), null, ct);
        if (answer is not Answer.Success success)
            return new WitnessedCheckpoint(new WitnessReport(name, null, Failures.Of(answer).Message));
        return Open(success.Body, witness.Key, origin) is { } checkpoint
            ? new WitnessedCheckpoint(new WitnessReport(name, checkpoint.Size, null), checkpoint, success.Body)
            : new WitnessedCheckpoint(new WitnessReport(name, null, "what it tells is no checkpoint that it cosigned"));
    }

    private Checkpoint? Open(byte[] bytes, NoteKey witness, string origin)
    {
        if (!SignedNote.TryParse(bytes, out var note) || Cosignature.FindTime(note, witness) is null) return null;
        foreach (var (log, _) in policy.Logs)
            if (Checkpoint.TryOpen(note, log, out var checkpoint) && checkpoint.Origin == origin) return checkpoint;
        return null;
    }
}

/// <summary>What a witness knows of a log.</summary>
/// <param name="Report">As an app is told.</param>
/// <param name="Checkpoint">The newest checkpoint that it cosigned; null where there is none that verifies.</param>
/// <param name="Note">The same as it was told.</param>
internal sealed record WitnessedCheckpoint(
    WitnessReport Report, Checkpoint? Checkpoint = null, ReadOnlyMemory<byte> Note = default);
