using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Linking;

/// <summary>The new device's side of one session.</summary>
internal sealed class NewDeviceLink : IDisposable
{
    private readonly KeyRecoveryOptions _options;
    private readonly VaultApi _api;
    private readonly IDeviceStore _store;
    private readonly LinkJoin _join;
    private readonly NewDevice _keys;
    private readonly KemPrivateKey _kem;
    private VaultState? _vault;
    private bool _hasSigned;

    public NewDeviceLink(KeyRecoveryOptions options, VaultApi api, IDeviceStore store, LinkJoin join)
    {
        (_options, _api, _store, _join) = (options, api, store, join);
        _keys = new NewDevice(options.Random);
        _kem = _keys.OpenKem();
    }

    /// <returns>The account, open on this device, and the app's bundle.</returns>
    public async Task<Result<(VaultState Vault, SecretBytes Bundle)>> RunAsync(LinkCode code, CancellationToken ct)
    {
        var claimed = await LinkRelay.ClaimAsync(_api.Transport, code, _options.Random, ct);
        if (claimed is not Result<LinkRelay>.Ok { Value: var relay })
            return ((Result<LinkRelay>.Failed)claimed).Failure;
        var run = new LinkRun(_options, relay, ct);
        try
        {
            return await RunAsync(run, code, ct);
        }
        catch (LinkStop stop)
        {
            await EndAsync(run, stop.Farewell);
            return _hasSigned ? new ClientFailure.LinkUnfinished(stop.Failure) : stop.Failure;
        }
        catch
        {
            await EndAsync(run, run.Cancel());
            throw;
        }
    }

    public void Dispose()
    {
        _kem.Dispose();
        _keys.Dispose();
    }

    private async Task<(VaultState, SecretBytes)> RunAsync(LinkRun run, LinkCode code, CancellationToken ct)
    {
        var name = GivenName.Read(_join.DeviceName).Name!;
        var device = new JoiningDevice(_keys.Id, _keys.Signing, _kem, name, _join.Platform);
        var joining = NewJoining.Begin(code, new LinkScope(_options.App, _options.Server), device, _options.Random);
        await run.EnterAsync(joining, joining.Message);
        var revealed = await ShowDigitsAsync(
            run, await run.GoAsync(joining.Receive(await run.ReceiveAsync(), _options.Random)));

        var reviewing = await run.GoAsync(revealed.Receive(await run.ReceiveAsync()));
        var account = reviewing.Account;
        if (!await run.AskAsync(token => _join.Consent(account, token))) throw LinkRun.Decline(reviewing);
        var committed = await SignAsync(run, reviewing, ct);

        // The other device's word is worth nothing until the chain says the same, from link 0.
        var state = _vault = new VaultState(_options, _api, _store, await LoadAsync(committed.HomeKey, ct));
        if (await state.RefreshAsync(ct) is { } failure) throw run.Fail(failure);
        var content = await CollectAsync(run, await run.GoAsync(committed.Verify(state.Vault)));
        _vault = null;
        return (state, content);
    }

    private async Task<NewRevealed> ShowDigitsAsync(LinkRun run, NewConnected connected)
    {
        while (true)
        {
            _join.ShowDigits(connected.Digits.ToDisplayString(), connected.TriesLeft);
            var (revealed, again) = await run.GoAsync(connected.Receive(await run.ReceiveAsync()));
            if (revealed is not null) return revealed;
            connected = again!;
        }
    }

    // What the app pins goes before what the other device saw first.
    private async Task<DeviceState> LoadAsync(VerifyKey homeKey, CancellationToken ct)
    {
        var pending = (await _store.LoadAsync(ct))!;
        if (!_options.HomeKeys.IsDefaultOrEmpty) return pending;
        using var joining = pending;
        var next = pending.WithHomeKey(homeKey);
        await _store.SaveAsync(next, ct);
        return next;
    }

    // Saved before it signs: from then on the other device can make it part of the account, and nothing that is heard
    // here proves that it has not and will not.
    private async Task<NewCommitted> SignAsync(LinkRun run, NewReviewing reviewing, CancellationToken ct)
    {
        using (var pending = _keys.Pending(reviewing.Account, DeviceState.Joining.ToArray()))
            await _store.SaveAsync(pending, ct);
        _hasSigned = true;
        var signed = await run.GoAsync(reviewing.Approve());
        while (true)
        {
            var (committed, again) = await run.GoAsync(signed.Receive(await run.ReceiveAsync()));
            if (committed is not null) return committed;
            signed = again!;
        }
    }

    private static async Task<SecretBytes> CollectAsync(LinkRun run, NewReceiving receiving)
    {
        while (true)
        {
            var (linked, again) = await run.FinishAsync(receiving.Receive(await run.ReceiveAsync()));
            if (linked is not null) return linked.Content;
            receiving = again!;
        }
    }

    private async Task EndAsync(LinkRun run, ReadOnlyMemory<byte> farewell)
    {
        _vault?.Dispose();
        await run.EndAsync(farewell);
    }
}
