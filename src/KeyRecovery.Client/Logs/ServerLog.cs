using System.Net;
using KeyRecovery.Client.Calls;
using KeyRecovery.Client.Http;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Logs;

/// <summary>A server's log as anybody reads it (docs/protocol.md §17).</summary>
/// <param name="transport">To the server.</param>
/// <param name="path">Where the log is, without a slash at its end. Default: where a KeyRecovery server has it.</param>
internal sealed class ServerLog(ApiTransport transport, string path = "/audit") : ILogSource
{
    /// <summary>The newest checkpoint, not verified.</summary>
    /// <exception cref="LogUnavailableException">It cannot be had, or there is none.</exception>
    public async Task<byte[]> CheckpointAsync(CancellationToken ct) => await GetAsync(LogFault.Checkpoint, ct)
        ?? throw new LogUnavailableException(
            LogFault.Checkpoint, new ClientFailure.Refused(ProblemTypes.NotFound, "the server keeps no log", null));

    /// <inheritdoc/>
    /// <exception cref="LogUnavailableException">It cannot be had.</exception>
    public async ValueTask<byte[]?> GetAsync(string name, CancellationToken ct)
    {
        var request = ApiRequest.Get($"{path}/{name}") with { MostBytes = LogReader.MaxFile };
        var answer = await transport.SendAsync(request, signer: null, ct);
        if (answer is Answer.Success) CallTime.Renew();
        return answer switch
        {
            Answer.Success { Status: HttpStatusCode.OK } found => found.Body,
            // Whoever serves files alone says so in its own way.
            Answer.Problem { Status: HttpStatusCode.NotFound or HttpStatusCode.Gone } => null,
            var other => throw new LogUnavailableException(name, Failures.Of(other)),
        };
    }
}
