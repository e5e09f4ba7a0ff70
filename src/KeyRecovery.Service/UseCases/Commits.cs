using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Operations;
using KeyRecovery.Service.Telemetry;

namespace KeyRecovery.Service.UseCases;

/// <summary>Commits a change to an account: whole or not at all, and durable before it is answered.</summary>
public sealed class Commits
{
    private const int Attempts = 16;

    private readonly ServiceContext _context;

    internal Commits(ServiceContext context) => _context = context;

    /// <summary>Commits. The same commit again gets the same answer.</summary>
    /// <param name="account">The account; whoever signed the request asks.</param>
    /// <param name="bundle">The commit.</param>
    /// <param name="ct">Cancels what was not yet written.</param>
    public async ValueTask<Outcome<Heads>> CommitAsync(OpenAccount account, CommitBundle bundle, CancellationToken ct)
    {
        var outcome = await TryAsync(account, bundle, ct);
        ServiceMeter.Commit(outcome is Outcome<Heads>.Failed failed ? failed.Failure.Code.ToString() : "Done");
        return outcome;
    }

    private async ValueTask<Outcome<Heads>> TryAsync(OpenAccount account, CommitBundle bundle, CancellationToken ct)
    {
        if (!TryIndex(bundle.Items, out var inline)) return ServiceFailure.Refused("items", ProtocolFault.ItemHash);
        using var turn = await _context.Turns.TakeAsync(account.State.Account, ct);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            // Whoever waited for its turn, or was too late, looks again at what is there now.
            if ((attempt > 0 || turn.HasWaited) && await _context.Door.RefreshAsync(account, ct) is { } shut)
                return shut;
            switch (await TryOnceAsync(account, bundle, inline, ct))
            {
                case WriteStep.Committed(var state):
                    _context.Usage.Add(state.User.App, 0, state.StoredBytes - account.State.StoredBytes);
                    return state.Heads;
                case WriteStep.Failed(var failure):
                    return failure;
            }
        }

        return new ServiceFailure(ErrorCode.Unavailable);
    }

    private async ValueTask<WriteStep> TryOnceAsync(
        OpenAccount account, CommitBundle bundle, IReadOnlyDictionary<Hash256, ReadOnlyMemory<byte>> inline,
        CancellationToken ct)
    {
        var (rows, state) = (account.Rows, account.State);
        var isDone = bundle.Manifest.Hash == state.ManifestHash;
        // What the account row tells is asked first: a commit that it refuses costs one read.
        var request = new CommitRequest(
            state, account.Actor, bundle, _context.Now, _context.Policies.Of(state.User.App))
        {
            HasRoom = isDone || await _context.Usage.HasRoomAsync(state.User.App, ct),
        };
        if (!isDone && CommitRules.CheckFirst(request) is { } refused) return new WriteStep.Failed(refused);
        var change = new AccountChange
        {
            Event = AuditEvent.Committed,
            Network = account.Network,
            Signer = account.Actor.Id,
            KeyRowKey = account.KeyRowKey,
            Stored = account.Stored,
            Before = state,
            Next = state,
            Links = bundle.Link is { } link ? [link] : [],
            Keysets = bundle.Keyset is { } keyset ? [keyset] : [],
            Manifest = bundle.Manifest,
            Inline = inline,
            By = ChangeAuthor.Of(account.Actor, request.Now),
        };
        var writer = new AccountWriter(_context, rows);
        // The same once more, or this very one, of which the answer was lost: what follows the commit point may be
        // missing.
        if (isDone) return await writer.FinishAsync(change with { Before = null }, state, change.Slots, ct);
        if (await _context.Data.ReadAsync(rows.Manifest(state.ManifestHash), ct) is not { } manifest)
            return new WriteStep.Again();
        var now = ManifestRow.Decode(rows.Open(manifest));
        var (undoneTo, fault) = await new UndoBase(_context.Data, rows, state).FindAsync(bundle, now.Manifest, ct);
        if (fault == UndoBaseFault.Again) return new WriteStep.Again();
        if (fault == UndoBaseFault.Refused)
            return new WriteStep.Failed(ServiceFailure.Refused("manifest", ProtocolFault.ManifestBase));
        return CommitRules.Decide(request, now.Manifest, undoneTo) switch
        {
            CommitDecision.Accepted(var next, var changes) => await writer.WriteAsync(
                change with
                {
                    Event = undoneTo is null || undoneTo.Place == now.Manifest.Place
                        ? AuditEvent.Committed : AuditEvent.Undone,
                    ManifestBefore = manifest,
                    ManifestNow = now,
                    Next = next,
                    Changes = changes,
                }, ct),
            CommitDecision.Rejected(var failure) => new WriteStep.Failed(failure),
            _ => throw new InvalidOperationException(),
        };
    }

    /// <summary>The items by their hash; false where one stands there twice.</summary>
    internal static bool TryIndex(
        ImmutableArray<ReadOnlyMemory<byte>> items, out IReadOnlyDictionary<Hash256, ReadOnlyMemory<byte>> byHash)
    {
        var index = new Dictionary<Hash256, ReadOnlyMemory<byte>>(items.Length);
        byHash = index;
        foreach (var item in items)
            if (!index.TryAdd(Hash256.Of(item.Span), item)) return false;
        return true;
    }
}
