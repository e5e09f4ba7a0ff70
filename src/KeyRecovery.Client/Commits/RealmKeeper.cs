using KeyRecovery.Client.Realms;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Commits;

/// <summary>
/// Speaks to the realms as an active authority of the account (docs/protocol.md §14.4), and shows them each new head. A
/// realm that cannot be reached hears it with the next change.
/// </summary>
internal sealed class RealmKeeper(VaultState state)
{
    private const int Rounds = 4;

    private const ulong Hour = 60 * 60;

    // A change of the account does not wait long for a realm that is away.
    private static readonly TimeSpan TellLimit = TimeSpan.FromSeconds(5);

    private ulong _shownAt = state.Api.NowSeconds;

    /// <summary>The realms of the account's passphrases.</summary>
    public IReadOnlyList<Hash256> Realms => state.Read(open => RealmsOf(open.Vault.Chain));

    /// <summary>The realms of the passphrases of a chain.</summary>
    public static IReadOnlyList<Hash256> RealmsOf(Chain chain) => [.. SlotsOf(chain).Select(s => s.Realm).Distinct()];

    /// <summary>Whether the realms were shown no head for an hour of this session.</summary>
    public bool AreDue => state.Api.NowSeconds >= _shownAt + Hour;

    /// <summary>Shows every realm the new head. Never fails: see above.</summary>
    /// <param name="before">The realms before a link, which may have removed their passphrase.</param>
    /// <param name="ct">Cancels.</param>
    public async Task FollowAsync(IEnumerable<Hash256> before, CancellationToken ct)
    {
        _shownAt = state.Api.NowSeconds;
        await TellAsync(
            Realms.Union(before),
            (realm, end) => realm.FollowAsync(state.Read(open => open.Vault), state.Keys, end), ct);
    }

    /// <summary>Brings the home's receipt of the account's erasure to every realm. Never fails: see above.</summary>
    public async Task BringAsync(ReadOnlyMemory<byte> receipt, CancellationToken ct)
    {
        SignedErasureReceipt signed;
        try
        {
            signed = SignedErasureReceipt.Decode(receipt);
        }
        catch (Exception e) when (e is WireFormatException or UpgradeRequiredException)
        {
            return;
        }
        await TellAsync(Realms, (realm, end) => realm.BringAsync(state.Vault.Account, signed, end), ct);
    }

    private async Task TellAsync(
        IEnumerable<Hash256> realms, Func<RealmConnection, CancellationToken, Task<RealmReply>> tell,
        CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TellLimit);
        try
        {
            await Task.WhenAll(realms.Select(async fingerprint =>
            {
                var connected = await state.Api.Realms.ConnectAsync(fingerprint, limit.Token);
                if (connected.TryGet(out var realm, out _)) await tell(realm, limit.Token);
            }));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // The next change tells it.
        }
    }

    /// <summary>Asks something of every realm of every passphrase slot of the account.</summary>
    public async Task<(AuthorityId Slot, Hash256 Realm, RealmReply Reply)[]> CommandAllAsync(
        RealmAction action, CancellationToken ct, string? homeToken = null)
    {
        var slots = state.Read(open => SlotsOf(open.Vault.Chain).ToList());
        return await Task.WhenAll(
            slots.Select(async s => (s.Slot, s.Realm, await CommandAsync(s.Slot, s.Realm, action, homeToken, ct))));
    }

    // The count is the status's; where another command was faster, both are asked once more.
    private async Task<RealmReply> CommandAsync(
        AuthorityId slot, Hash256 realm, RealmAction action, string? homeToken, CancellationToken ct)
    {
        var connected = await state.Api.Realms.ConnectAsync(realm, ct);
        if (!connected.TryGet(out var connection, out var failure)) return new RealmReply.Failed(failure);
        RealmReply reply = new RealmReply.Stale();
        for (var round = 0; reply is RealmReply.Stale && round < Rounds; round++)
        {
            var vault = state.Read(open => open.Vault);
            reply = await connection.CommandAsync(slot, RealmAction.Status, 0, vault, state.Keys, ct);
            if (reply is RealmReply.Forked
                && await connection.FollowAsync(vault, state.Keys, ct) is RealmReply.Followed)
                reply = await connection.CommandAsync(slot, RealmAction.Status, 0, vault, state.Keys, ct);
            if (action == RealmAction.Status || reply is not RealmReply.Answered { Status: var status }) return reply;
            reply = await connection.CommandAsync(slot, action, status.Told.Count, vault, state.Keys, ct, homeToken);
        }
        return reply;
    }

    private static IEnumerable<(AuthorityId Slot, Hash256 Realm)> SlotsOf(Chain chain) =>
        from slot in chain.Active
        where slot.Kind == AuthorityKind.Passphrase
        let parameters = PassphraseParameters.TryRead(slot.Entry.Parameters, out var read) ? read : null
        where parameters is not null
        from realm in parameters.Realms
        select (slot.Id, realm.Realm);
}
