using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Carries a <see cref="Destruction"/> out, up to and past the point of no return; refused before it, it plans anew.
/// What comes behind it and was refused, or cut short, is the finisher's.
/// </summary>
internal sealed class Eraser(ServiceContext context, DestructionPlanner planner)
{
    private const int Attempts = 32;

    /// <summary>Destroys an account's key.</summary>
    /// <exception cref="ErasureBlockedException">A device asked, and whether it still stands in the chain cannot be
    /// seen.</exception>
    /// <exception cref="StoreUnavailableException">A store cannot do it; what was begun, somebody resumes.</exception>
    public ValueTask<DestroyOutcome> DestroyAsync(RowKey keyRow, ErasureRow request, CancellationToken ct) =>
        DestroyAsync(keyRow, request, null, Task.CompletedTask, ct);

    /// <summary>Destroys again the key of an account that was erased before.</summary>
    /// <exception cref="StoreUnavailableException">A store cannot do it.</exception>
    public ValueTask<DestroyOutcome> DestroyAgainAsync(RowKey keyRow, ErasureRow request, CancellationToken ct) =>
        DestroyAsync(keyRow, request, null, Task.CompletedTask, ct, wasErased: true);

    /// <summary>As above, one of several.</summary>
    /// <param name="keyRow">The account's key row.</param>
    /// <param name="request">Who asks, for what.</param>
    /// <param name="claim">Plans a write that comes before all others: a job's line, which names the account.</param>
    /// <param name="haveRead">Awaited before anything is written (<see cref="SideBySide"/>).</param>
    /// <param name="ct">Cancels what was not yet written.</param>
    /// <param name="wasErased">Whether it was erased before.</param>
    public async ValueTask<DestroyOutcome> DestroyAsync(
        RowKey keyRow, ErasureRow request, Func<ValueTask<Claim>>? claim, Task haveRead, CancellationToken ct,
        bool wasErased = false)
    {
        // No request of this process is in the middle of a change when the key goes.
        using var turn = await context.Turns.TakeAsync(request.Account!.Value, ct);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            switch (await planner.PlanAsync(keyRow, request, wasErased, ct))
            {
                case Destruction.NoAccount:
                    return DestroyOutcome.NoAccount;
                case Destruction.Done:
                    return DestroyOutcome.Destroyed;
                case Destruction.Held:
                    return DestroyOutcome.Held;
                case Destruction.Cancelled:
                    return DestroyOutcome.Cancelled;
                case Destruction.AskerGone(var writes):
                    await haveRead;
                    if (writes.IsEmpty || await WriteAsync(writes, ct) is null) return DestroyOutcome.AskerGone;
                    break;
                case Destruction.Write(var writes, var pointOfNoReturn, var authorities):
                    var claimed = claim is null ? Claim.Held : await claim();
                    if (claimed is Claim.Lost) return DestroyOutcome.ClaimLost;
                    var line = (claimed as Claim.Write)?.Line;
                    await haveRead;
                    var refused = await WriteAsync(line is null ? writes : [line, .. writes], ct);
                    if (refused is { } index && index <= pointOfNoReturn + (line is null ? 0 : 1)) break;
                    foreach (var authority in authorities)
                        await context.Links.EndSessionsOfAsync(request.Account.Value, authority);
                    return DestroyOutcome.Destroyed;
            }
        }

        throw new StoreUnavailableException(StoreFault.Busy, "the account changes all the time");
    }

    // The step that was refused; null where none was.
    private async ValueTask<int?> WriteAsync(IReadOnlyList<RowWrite> writes, CancellationToken ct) =>
        await context.Keys.WriteAsync(writes, ct) switch
        {
            WriteResult.Refused(var index) => index,
            WriteResult.Unavailable(_, var reason) =>
                throw new StoreUnavailableException(reason, "a key cannot be destroyed"),
            _ => null,
        };
}
