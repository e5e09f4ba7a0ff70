using System.Collections.Immutable;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Erasure;

/// <summary>The point of no return: subject key, shares and counters go in one transaction, which remembers what is left to do.</summary>
internal sealed class Eraser(ServiceContext context, ErasureRows rows, IKekRing ring)
{
    private const int Attempts = 32;

    /// <summary>Destroys an account's key.</summary>
    /// <param name="keyRow">Its key row.</param>
    /// <param name="request">Who asks, for what; where it is held, the row must still be there.</param>
    /// <param name="subject">The lookup of its user, where known.</param>
    /// <param name="along">What is written in the same transaction.</param>
    /// <param name="ct">Cancels what was not yet written.</param>
    /// <returns>False where there is nothing to erase: no such account, cancelled, or erased before.</returns>
    /// <exception cref="ErasureBlockedException">A device asked, and whether it still stands in the chain cannot be seen.</exception>
    public ValueTask<bool> DestroyAsync(RowKey keyRow, ErasureRow request, RowKey? subject, IReadOnlyList<RowWrite> along, CancellationToken ct) =>
        DestroyAsync(keyRow, request, subject, along, Task.CompletedTask, ct);

    /// <summary>As above, one of several (<see cref="SideBySide"/>): awaits <paramref name="haveRead"/> before it writes.</summary>
    public async ValueTask<bool> DestroyAsync(RowKey keyRow, ErasureRow request, RowKey? subject, IReadOnlyList<RowWrite> along, Task haveRead, CancellationToken ct)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await context.Keys.ReadAsync(keyRow, ct) is not { } stored) return false;
            var key = KeyRow.Decode(stored.Value);
            if (key.State == KeyRowState.Erased) return false;
            var (held, heldRow) = await rows.ReadAsync(keyRow, ct);
            if (request.Phase == ErasurePhase.Held && held?.Id != request.Id) return false;

            using var account = await context.SubjectKeys.OpenAsync(keyRow, key, ct);
            var data = await context.Data.ReadAsync(account.Account, ct);
            var state = data is null ? null : TryRead(account, data);
            // Read after the key row: a removal that was acknowledged has moved that row on.
            if (request.Asker is { } asker)
            {
                // Lost, damaged or restored from before a removal: in data of an older day a removed asker still stands.
                if (state is null || MinChain.IsBehind(state.LastRemoval, key.MinChain))
                    throw new ErasureBlockedException("an account that a device asks to erase must be repaired by a device first");
                if (!state.Authorities.ContainsKey(asker))
                {
                    await haveRead;
                    if (heldRow is not null) await context.Keys.WriteAsync([new RowWrite.Delete(heldRow)], ct);
                    return false;
                }
            }

            var (slots, isWhole) = state is null ? ([], false) : await SlotsAsync(account, state, ct);
            var user = subject ?? await SubjectAsync(request.Account!.Value, state, ct);
            HashSet<RowKey> lookups = [.. slots.Select(s => context.Lookups.Ids.Slot(s.Id)), .. user is { } known ? new[] { known } : []];
            // What the chain cannot tell, the lookups themselves do.
            if (!isWhole || MinChain.IsBehind(state!.LastRemoval, key.MinChain)) lookups.UnionWith(await LookupsAsync(Table.Slots, request.Account!.Value, ct));
            var next = Begin(request, account, state is null ? null : data, key, [.. lookups]);
            List<RowWrite> writes =
            [
                // No KEK, no link: nothing that ties it to a copy of the data from before.
                new RowWrite.Replace(stored, new KeyRow(KeyRowState.Erased, default, default, null, next.ErasedAt).Encode()),
                rows.Write(keyRow, next, heldRow),
                .. await RealmErasure.PrepareAsync(context, user, slots.Where(s => s.Kind == AuthorityKind.Passphrase).Select(s => (s.Id, s.Key)), ct),
                .. along,
            ];
            await haveRead;
            switch (await context.Keys.WriteAsync(writes, ct))
            {
                case WriteResult.Written:
                    foreach (var authority in state?.Authorities.Keys ?? []) context.Links.EndSessionsOf(request.Account!.Value, authority);
                    return true;
                case WriteResult.Unavailable(_, var reason):
                    throw new StoreUnavailableException(reason, "a key cannot be destroyed");
            }
        }

        throw new StoreUnavailableException(StoreFault.Busy, "the account changes all the time");
    }

    /// <summary>The tombstone's name in the list beside the stores.</summary>
    public static Hash256 Tombstone(ReadOnlyMemory<byte> fenceKey, RowKey keyRow) => new(HMACSHA256.HashData(fenceKey.Span, keyRow.Id.Span));

    private ErasureRow Begin(ErasureRow request, AccountRows account, Row? data, KeyRow key, ImmutableArray<RowKey> lookups) => request with
    {
        Phase = ErasurePhase.Erasing,
        Cancellers = [],
        Asker = null,
        Subject = ErasureReceipt.SubjectOf(request.Id, request.Account!.Value),
        ErasedAt = context.NowSeconds,
        Kek = Math.Max(ring.Current.Id.Value, key.Kek.Value),
        Locator = account.Locator.ToArray(),
        Lookups = lookups,
        Retained = data?.Value ?? default,
        RetainedVersion = data?.Version ?? 0,
    };

    private static AccountState? TryRead(AccountRows account, Row data)
    {
        try
        {
            return AccountRow.Decode(account.Open(data));
        }
        catch (Exception e) when (e is RowDamagedException or AccountErasedException)
        {
            return null;
        }
    }

    // Every slot that ever stood in the chain: a removed one's lookup is still there. False where a link is damaged.
    private async ValueTask<(IReadOnlyList<(AuthorityId Id, AuthorityKind Kind, VerifyKey Key)> Slots, bool IsWhole)> SlotsAsync(
        AccountRows account, AccountState state, CancellationToken ct)
    {
        var (slots, isWhole) = (new Dictionary<AuthorityId, (AuthorityId, AuthorityKind, VerifyKey)>(), true);
        foreach (var slot in state.Authorities.Values.Where(a => a.IsSlot)) slots[slot.Id] = (slot.Id, slot.Kind, slot.SigningKey);
        try
        {
            await foreach (var entry in new LinkReader(context.Data, account, state).ReadAllAsync(ct))
                foreach (var added in SignedLink.Decode(entry.Link).Link.Add.Where(a => a.Kind != AuthorityKind.Device))
                    slots[added.Id] = (added.Id, added.Kind, added.SigningKey);
        }
        catch (RowDamagedException)
        {
            isWhole = false;
        }

        return ([.. slots.Values], isWhole);
    }

    private async ValueTask<RowKey?> SubjectAsync(AccountId account, AccountState? state, CancellationToken ct)
    {
        if (state is not null && state.User.Issuer != AppUser.Unknown) return context.Lookups.Ids.Subject(state.User);
        // The user's name was lost with the data; the lookup still leads to the account.
        return (await LookupsAsync(Table.Subjects, account, ct)).Select(key => (RowKey?)key).FirstOrDefault();
    }

    private async ValueTask<IReadOnlyList<RowKey>> LookupsAsync(Table table, AccountId account, CancellationToken ct)
    {
        var found = new List<RowKey>();
        await foreach (var lookup in context.Keys.ScanAsync(table, ct))
            if (context.Lookups.Open(lookup) == account) found.Add(lookup.Key);
        return found;
    }
}
