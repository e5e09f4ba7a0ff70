using KeyRecovery.Client.Http;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Logs;

/// <summary>The server's log as anybody reads it (docs/protocol.md §17).</summary>
internal sealed class ServerLog(ApiTransport transport) : ILogSource
{
    /// <summary>The newest checkpoint, not verified.</summary>
    /// <exception cref="LogUnavailableException">It cannot be had, or there is none.</exception>
    public async Task<byte[]> CheckpointAsync(CancellationToken ct) => await GetAsync(LogFault.Checkpoint, ct)
        ?? throw new LogUnavailableException(
            new ClientFailure.Refused(ProblemTypes.NotFound, "the server keeps no log", null));

    /// <inheritdoc/>
    /// <exception cref="LogUnavailableException">It cannot be had.</exception>
    public async ValueTask<byte[]?> GetAsync(string name, CancellationToken ct) =>
        await transport.SendAsync(ApiRequest.Get($"/audit/{name}"), null, ct) switch
        {
            Answer.Success success => success.Body,
            Answer.Problem { Type: ProblemTypes.NotFound } => null,
            var other => throw new LogUnavailableException(Failures.Of(other)),
        };
}

/// <summary>The log cannot be had; caught where the whole call is.</summary>
internal sealed class LogUnavailableException(ClientFailure failure) : Exception(failure.Message)
{
    public ClientFailure Failure { get; } = failure;
}
