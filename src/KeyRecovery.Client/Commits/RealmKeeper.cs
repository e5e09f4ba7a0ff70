using KeyRecovery.Client.Realms;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Commits;

/// <summary>
/// Speaks to the realms as the account's owner: as an active authority to those that know the chain (docs/protocol.md
/// §14.5), which are shown each new head; to the others with the management keys of the manifest (§14.4), which are
/// replaced where somebody removed may know them. A realm that cannot be reached hears it with the next change.
/// </summary>
internal sealed class RealmKeeper(KeyRecoveryOptions options, VaultState state)
{
    private const int Rounds = 4;

    // A change of the account does not wait long for a realm that is away.
    private static readonly TimeSpan TellLimit = TimeSpan.FromSeconds(5);

    /// <summary>
    /// After a link: tells every realm the new head, and deletes what the link removed. Never fails: see above.
    /// </summary>
    /// <param name="removed">The management keys of the slots that it removed.</param>
    /// <param name="ct">Cancels.</param>
    public async Task FollowAsync(HeldRealmKeys removed, CancellationToken ct)
    {
        var head = state.Vault.Chain.Place;
        using var active = Hold();
        if (active.All.Count + removed.All.Count == 0) return;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TellLimit);
        try
        {
            await Task.WhenAll(
                active.All.Concat(removed.All).Where(h => h.Keys.Count == 0).Select(h => h.Realm).Distinct()
                    .Select(realm => ShowAsync(realm, limit.Token))
                .Concat(active.All.Where(h => h.Keys.Count > 0).Select(
                    h => CommandAsync(h.Slot, h.Realm, h.Keys, RealmCommand.TellHead(head), limit.Token)))
                .Concat(removed.All.Where(h => h.Keys.Count > 0).Select(
                    h => CommandAsync(h.Slot, h.Realm, h.Keys, RealmCommand.Delete, limit.Token))));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // The next change tells it.
        }
    }

    /// <summary>Gives every realm of every passphrase slot of the account a command.</summary>
    public async Task<(AuthorityId Slot, Hash256 Realm, RealmReply Reply)[]> CommandAllAsync(
        RealmCommand command, CancellationToken ct)
    {
        using var held = Hold();
        return await Task.WhenAll(
            held.All.Select(async h => (h.Slot, h.Realm, await CommandAsync(h.Slot, h.Realm, h.Keys, command, ct))));
    }

    /// <summary>Gives a realm a command under a key that it knows.</summary>
    public async Task<RealmReply> CommandAsync(
        RealmConnection realm, AuthorityId slot, RealmCommand command, SigningKey key, CancellationToken ct)
    {
        // The clock makes versions that grow by themselves, on any device; where another device's is ahead, the realm
        // says how far.
        var version = (ulong)options.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var reply = await realm.ManageAsync(slot, version, command, key, ct);
        for (var round = 0; reply is RealmReply.Stale && round < Rounds; round++)
        {
            if (await realm.ManageAsync(
                slot, 0, RealmCommand.Status, key, ct) is not RealmReply.Answered { Status: var status }) break;
            reply = await realm.ManageAsync(slot, status.Version + 1, command, key, ct);
        }
        return reply;
    }

    // Under the newest management key, which the realm is told first where it still knows an older one.
    private async Task<RealmReply> CommandAsync(
        AuthorityId slot, Hash256 realm, List<(uint Generation, SecretBytes Seed)> keys, RealmCommand command,
        CancellationToken ct)
    {
        if (keys.Count == 0) return await CommandAsync(slot, realm, command.Action, ct);
        var connected = await state.Api.Realms.ConnectAsync(realm, ct);
        if (connected is not Result<RealmConnection>.Ok { Value: var connection })
            return new RealmReply.Failed(((Result<RealmConnection>.Failed)connected).Failure);
        using var newest = SigningKey.FromSeed(keys[0].Seed.Span);
        var reply = await CommandAsync(connection, slot, command, newest, ct);
        if (reply is RealmReply.WrongKey && await ReplaceAsync(connection, slot, keys, newest, ct))
            reply = await CommandAsync(connection, slot, command, newest, ct);
        if (reply is RealmReply.Answered) state.TakenRealmKeys[(slot, realm)] = keys[0].Generation;
        return reply;
    }

    // A realm that knows the chain: whoever is active there may ask, and there is no key to be told by.
    private async Task<RealmReply> CommandAsync(
        AuthorityId slot, Hash256 realm, RealmAction action, CancellationToken ct)
    {
        if (action == RealmAction.Head) return await ShowAsync(realm, ct);
        RealmCommandKind? kind = action switch
        {
            RealmAction.Status => RealmCommandKind.Status,
            RealmAction.Pause => RealmCommandKind.Pause,
            RealmAction.Resume => RealmCommandKind.Resume,
            _ => null,
        };
        var connected = await state.Api.Realms.ConnectAsync(realm, ct);
        if (!connected.TryGet(out var connection, out var failure)) return new RealmReply.Failed(failure);
        RealmReply reply = new RealmReply.Stale();
        for (var round = 0; reply is RealmReply.Stale && round < Rounds; round++)
        {
            var vault = state.Read(open => open.Vault);
            var told = await connection.CommandAsync(slot, RealmCommandKind.Status, 0, vault, state.Keys, ct);
            if (kind is RealmCommandKind.Status or null
                || told is not RealmReply.Answered { Status.Told: { } account }) return told;
            reply = await connection.CommandAsync(slot, kind.Value, account.Count, vault, state.Keys, ct);
        }
        return reply;
    }

    private async Task<RealmReply> ShowAsync(Hash256 realm, CancellationToken ct)
    {
        var connected = await state.Api.Realms.ConnectAsync(realm, ct);
        return connected.TryGet(out var connection, out var failure)
            ? await connection.FollowAsync(state.Read(open => open.Vault), ct) : new RealmReply.Failed(failure);
    }

    private async Task<bool> ReplaceAsync(
        RealmConnection realm, AuthorityId slot, List<(uint Generation, SecretBytes Seed)> keys, SigningKey newest,
        CancellationToken ct)
    {
        foreach (var (_, seed) in keys.Skip(1))
        {
            using var older = SigningKey.FromSeed(seed.Span);
            if (await CommandAsync(
                realm, slot, RealmCommand.ReplaceKey(newest.PublicKey), older, ct) is not RealmReply.Answered) continue;
            // With the key the realm forgot the head.
            await CommandAsync(
                realm, slot, RealmCommand.TellHead(state.Read(open => open.Vault.Chain.Place)), newest, ct);
            return true;
        }
        return false;
    }

    /// <summary>The keys that are needed once a link is there, of those whom it removes.</summary>
    public HeldRealmKeys Hold(SignedChainLink link) => HeldRealmKeys.Of(state.Open, link.Link.Remove);

    private HeldRealmKeys Hold() =>
        state.Read(open => HeldRealmKeys.Of(open, open.Vault.Chain.Active.Select(a => a.Id)));
}
