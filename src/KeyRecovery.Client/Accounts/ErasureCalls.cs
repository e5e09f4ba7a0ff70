using KeyRecovery.Client.Commits;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Vaults;

namespace KeyRecovery.Client.Accounts;

/// <summary>
/// Asks for the account's erasure, and calls it off (docs/protocol.md §15.2). What is asked names the round that the
/// server tells, so that nobody who recorded it asks once more.
/// </summary>
/// <remarks>A receipt is brought to the realms, which destroy what they keep unless somebody objects.</remarks>
internal sealed class ErasureCalls(VaultState state, RealmKeeper realms)
{
    /// <summary>Asks for it. Where one was called off in between, that stands, and is a failure here.</summary>
    public async Task<Result<ErasureStatus>> RequestAsync(CancellationToken ct) =>
        await BringAsync(await AskAsync(ct), ct);

    private async Task<Result<ErasureStatus>> AskAsync(CancellationToken ct)
    {
        var read = await ReadAsync(ct);
        if (!read.TryGet(out var now, out _)) return Remember(read);
        var asked = Outcome.Of(
            await state.Api.RequestErasureAsync(state.Keys, now.Round, ct), ClientJson.Default.ErasureJson);
        return asked switch
        {
            Outcome<ErasureJson>.Done done => Remember(done.Told),
            Outcome<ErasureJson>.Unknown => await LookAsync(
                asked.Failure!, status => status is not ErasureStatus.None, ct),
            _ => Remember(asked.Failure!),
        };
    }

    /// <summary>How it stands.</summary>
    public async Task<Result<ErasureStatus>> StatusAsync(CancellationToken ct) =>
        await BringAsync(Remember(await ReadAsync(ct)), ct);

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

        var cancelled = Outcome.Of(await state.Api.CancelErasureAsync(state.Keys, round, ct));
        return cancelled switch
        {
            Outcome<Answer.Success>.Done => Remember(new ErasureStatus.None()),
            Outcome<Answer.Success>.Unknown => await LookAsync(
                cancelled.Failure!, status => status is ErasureStatus.None, ct),
            _ => cancelled.Failure!,
        };
    }

    // No answer is no refusal: how it stands now tells whether it went through.
    private async Task<Result<ErasureStatus>> LookAsync(
        ClientFailure why, Func<ErasureStatus, bool> isDone, CancellationToken ct)
    {
        Result<ErasureStatus> found = why;
        return await Outcome.IsFoundAsync(
            async end => (found = Remember(await ReadAsync(end))).TryGet(out var status, out _) && isDone(status), ct)
            ? found : why;
    }

    private async Task<Result<ErasureStatus>> BringAsync(Result<ErasureStatus> status, CancellationToken ct)
    {
        if (status.TryGet(out var now, out _) && now is ErasureStatus.Erased { Receipt: { IsEmpty: false } receipt })
            await realms.BringAsync(receipt, ct);
        return status;
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
