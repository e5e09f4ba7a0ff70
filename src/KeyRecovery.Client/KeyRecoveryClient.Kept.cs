using KeyRecovery.Client.Calls;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Vaults;

namespace KeyRecovery;

/// <content>What needs no network: the account as it is kept, and what is forgotten.</content>
public sealed partial class KeyRecoveryClient
{
    /// <summary>Whether this device has an account that it can open: looks in its store alone.</summary>
    /// <returns>
    /// False for a new device, and for one whose account was begun and never finished: the same call as then, to
    /// create, recover or link, finds out what came of it.
    /// </returns>
    public Task<Result<bool>> HasAccountAsync(CancellationToken ct = default) => Call.RunAsync<bool>(async () =>
    {
        using var kept = await _store.LoadAsync(ct);
        return kept is { Known: not null };
    }, ct);

    /// <summary>
    /// Opens the account as this device verified it last, at once and without a word to the network:
    /// <see cref="VaultSession.AsOf"/> says how old that is. Items are read from <see
    /// cref="KeyRecoveryOptions.ItemCache"/>, changes wait by <see cref="VaultSession.QueueAsync"/>, and
    /// <see cref="VaultSession.RefreshAsync"/> fetches what is new. What only <see cref="OpenAsync"/> asks, as whether
    /// the newest change is in the server's log, is not known.
    /// </summary>
    /// <returns><see cref="ClientFailure.DeviceState"/> where this device has verified no account yet.</returns>
    public Task<Result<VaultSession>> OpenOfflineAsync(CancellationToken ct = default) => Call.RunAsync(async () =>
    {
        if (await _store.LoadAsync(ct) is not { } kept)
            return (Result<VaultSession>)new ClientFailure.DeviceState("this device belongs to no account");
        var state = new VaultState(_options, _api, _store, kept);
        if (state.TryOpenKept()) return new VaultSession(_options, state);
        state.Dispose();
        return new ClientFailure.DeviceState(
            "this device keeps nothing that opens without the network: open the account with it");
    }, ct);

    /// <summary>
    /// Forgets the server's log as this device knows it, its key and its newest checkpoint: the next one that it sees
    /// counts. Only after <see cref="ClientFailure.LogKeyChanged"/>, and only where the person knows from the operator
    /// that the log was begun anew.
    /// </summary>
    public Task<Result<Done>> ForgetLogAsync(CancellationToken ct = default) => Call.RunAsync(async () =>
    {
        using var kept = await _store.LoadAsync(ct);
        if (kept is null || kept.Log == KeptLog.None) return null;
        using var next = await _store.ChangeAsync(now => KeptDevice.Own(now, kept).With(KeptLog.None), ct);
        return null;
    }, ct);

    /// <summary>
    /// Forgets the home server's key that this device saw first: the next one that it sees counts. Only after
    /// <see cref="ClientFailure.HomeKeyChanged"/>, and only where the person knows from the operator that the key is
    /// new.
    /// </summary>
    public Task<Result<Done>> ForgetHomeKeyAsync(CancellationToken ct = default) => Call.RunAsync(async () =>
    {
        using var kept = await _store.LoadAsync(ct);
        if (kept is not { HomeKey: not null }) return null;
        using var next = await _store.ChangeAsync(now => KeptDevice.Own(now, kept).WithoutHomeKey(), ct);
        return null;
    }, ct);

    /// <summary>
    /// Forgets this device's keys, and its <see cref="KeyRecoveryOptions.ItemCache"/>. The account is not touched:
    /// revoke the device from another one.
    /// </summary>
    public Task<Result<Done>> ForgetAsync(CancellationToken ct = default) => Call.RunAsync(async () =>
    {
        await _store.DeleteAsync(ct);
        if (_options.ItemCache is { } cache) await cache.ClearAsync(ct);
        return null;
    }, ct);
}
