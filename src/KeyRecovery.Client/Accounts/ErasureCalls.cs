using KeyRecovery.Client.Http;
using KeyRecovery.Client.Vaults;

namespace KeyRecovery.Client.Accounts;

/// <summary>
/// Asks for the account's erasure, and calls it off (docs/protocol.md §15.2). What is asked names the round that the
/// server tells, so that nobody who recorded it asks once more.
/// </summary>
internal sealed class ErasureCalls(VaultState state)
{
    /// <summary>Asks for it. Where one was called off in between, that stands, and is a failure here.</summary>
    public async Task<Result<ErasureStatus>> RequestAsync(CancellationToken ct) => await ReadAsync(ct) switch
    {
        Result<ErasureJson>.Ok now =>
            Remember(Read(await state.Api.RequestErasureAsync(state.Keys, now.Value.Round, ct))),
        var failed => Remember(failed),
    };

    /// <summary>How it stands.</summary>
    public async Task<Result<ErasureStatus>> StatusAsync(CancellationToken ct) => Remember(await ReadAsync(ct));

    /// <summary>Calls off one that waits; nothing happens where there is none.</summary>
    public async Task<Result<ErasureStatus>> CancelAsync(CancellationToken ct)
    {
        ulong? round = null;
        switch (await ReadAsync(ct))
        {
            case Result<ErasureJson>.Ok { Value.State: "none" } none:
                return Remember(none);
            case Result<ErasureJson>.Ok now:
                round = now.Value.Round;
                break;
            // Who was removed may cancel, and may not ask.
            case Result<ErasureJson>.Failed { Failure: not ClientFailure.Revoked and var failure }:
                return failure;
        }

        return await state.Api.CancelErasureAsync(state.Keys, round, ct) is var answer and not Answer.Success
            ? Failures.Of(answer) : Remember(new ErasureStatus.None());
    }

    private async Task<Result<ErasureJson>> ReadAsync(CancellationToken ct) =>
        Read(await state.Api.GetErasureAsync(state.Keys, ct));

    private static Result<ErasureJson> Read(Answer answer) => answer.Read(ClientJson.Default.ErasureJson);

    private Result<ErasureStatus> Remember(Result<ErasureJson> told) => told switch
    {
        Result<ErasureJson>.Ok ok => Remember(ErasureStatus.Of(ok.Value)),
        Result<ErasureJson>.Failed { Failure: ClientFailure.Erased { Receipt: { } receipt } } =>
            new ErasureStatus.Erased(receipt),
        Result<ErasureJson>.Failed failed => failed.Failure,
        _ => throw new InvalidOperationException(),
    };

    private ErasureStatus Remember(ErasureStatus status)
    {
        state.HeldErasure = status is ErasureStatus.Held held ? held.DueIn : null;
        return status;
    }
}
