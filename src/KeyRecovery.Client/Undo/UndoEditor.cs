using System.Collections.Immutable;
using System.Security.Cryptography;
using KeyRecovery.Client.Commits;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Identities;
using KeyRecovery.Client.Items;
using KeyRecovery.Client.Vaults;

namespace KeyRecovery.Client.Undo;

/// <summary>
/// Returns an open account to an earlier state, in one commit, and then stores again what came later.
/// </summary>
internal sealed class UndoEditor(
    KeyRecoveryOptions options, VaultState state, Committer committer, ItemEditor items, IdentityEditor identities)
{
    /// <summary>The points that are kept, on the vault of now.</summary>
    public async Task<Result<ImmutableArray<RestorePointInfo>>> ListAsync(CancellationToken ct) =>
        await ReadAsync(ct) is { } unread ? unread : await PointReader.ListAsync(state.View, ct);

    /// <summary>What an undo would do. Nothing is changed.</summary>
    public async Task<Result<UndoPlan>> PlanAsync(UndoRequest request, CancellationToken ct)
    {
        if (await ReadAsync(ct) is { } unread) return unread;
        var made = await UndoDraft.MakeAsync(state.View, request, state.Keys, ct);
        if (!made.TryGet(out var draft, out var failure)) return failure;
        using (draft) return new UndoPlan(request, draft.Remove, draft.Items);
    }

    /// <summary>Undoes.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="slot">A slot that signs for this device, which is young; null where it signs itself.</param>
    /// <param name="token">The app's token, where it asks for one beside a slot's signature.</param>
    /// <param name="ct">Cancels; what was sent may still be done.</param>
    public Task<Result<Undone>> UndoAsync(
        UndoRequest request, DeviceKeys? slot, string? token, CancellationToken ct) =>
        UndoAsync(() => request, slot, token, ct);

    private async Task<Result<Undone>> UndoAsync(
        Func<UndoRequest> request, DeviceKeys? slot, string? token, CancellationToken ct)
    {
        if (await ReadAsync(ct) is { } unread) return unread;
        var signer = slot ?? state.Keys;
        UndoDraft? draft = null;
        ImmutableArray<(string Name, Result<byte[]> Content)> again = [];
        try
        {
            // Whatever an honest device writes meanwhile counts: the choice is made anew on what is there.
            var sent = await committer.RunAsync(async _ =>
            {
                draft?.Dispose();
                draft = null;
                var made = await UndoDraft.MakeAsync(state.View, request(), signer, ct);
                if (!made.TryGet(out draft, out var failure)) return failure;
                again = await draft.ReadAgainAsync(ct);
                return Built.Of(draft.Write(signer, null, "", state.Api.NowSeconds, options.Random));
            }, ct, signer, token, mends: true);
            if (sent.Failure is { } refused) return refused;
            await identities.SettleAsync(ct);
            var chain = state.Vault.Chain;
            return new Undone(
                [.. draft!.Remove.Where(id => chain.FindActive(id) is null)], chain.Epoch, draft.Items,
                await PutAgainAsync(again, ct));
        }
        finally
        {
            draft?.Dispose();
            foreach (var (_, content) in again)
                if (content is Result<byte[]>.Ok ok) CryptographicOperations.ZeroMemory(ok.Value);
        }
    }

    /// <summary>
    /// Removes devices or slots from an account that does not open: back to the last state that did, without what they
    /// wrote since.
    /// </summary>
    public async Task<Result<Revocation>> RevokeAsync(
        RevocationRequest request, DeviceKeys? slot, string? token, CancellationToken ct)
    {
        if (request.FindFault(state.View, slot?.Id) is { } fault) return fault;
        RevocationPlan plan = null!;
        if (!(await PointReader.FindAsync(state.View, ct)).TryGet(out var point, out var unread)) return unread;
        if (point is null) return state.SpoiledBy!;
        var undone = await UndoAsync(
            () =>
            {
                // What a thief adds meanwhile goes as well.
                plan = RevocationPlan.Make(state.View, request, slot?.Id);
                return new UndoRequest(point) { Remove = plan.Remove };
            },
            slot, token, ct);
        return undone.TryGet(out var done, out var failure) ? new Revocation(plan, done.Epoch) : failure;
    }

    private async Task<ImmutableArray<(string Name, ClientFailure Why)>> PutAgainAsync(
        ImmutableArray<(string Name, Result<byte[]> Content)> again, CancellationToken ct)
    {
        var failed = ImmutableArray.CreateBuilder<(string, ClientFailure)>();
        foreach (var (name, read) in again)
        {
            if (!read.TryGet(out var content, out var why)
                || (why = await items.EditAsync([new ItemEdit.Put(name, content)], ct)) is not null)
                failed.Add((name, why));
        }
        return failed.ToImmutable();
    }

    private async Task<ClientFailure?> ReadAsync(CancellationToken ct) =>
        await state.RefreshAsync(ct) is { } failure and not ClientFailure.Spoiled ? failure : null;
}
