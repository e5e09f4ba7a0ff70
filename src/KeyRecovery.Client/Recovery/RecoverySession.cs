using System.Collections.Immutable;
using System.Security.Cryptography;
using KeyRecovery.Client.Commits;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Items;
using KeyRecovery.Client.Passphrases;
using KeyRecovery.Client.Realms;
using KeyRecovery.Client.Recovery;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>
/// An account as its recovery code or passphrase opens it, before anything is changed: what a person must see first.
/// Proves that the code or passphrase works, so it serves as the drill as well.
/// </summary>
public sealed class RecoverySession : IDisposable
{
    private readonly KeyRecoveryOptions _options;
    private readonly VaultApi _api;
    private readonly IDeviceStore _store;
    private readonly DeviceKeys _slot;
    private readonly string? _token;
    private readonly UnlockedSlot? _unlocked;
    private OpenVault _open;

    private RecoverySession(
        KeyRecoveryOptions options, VaultApi api, IDeviceStore store, DeviceKeys slot, string? token, OpenVault open,
        UnlockedSlot? unlocked)
    {
        _unlocked = unlocked;
        _options = options;
        _api = api;
        _store = store;
        _slot = slot;
        _token = token;
        _open = open;
    }

    /// <summary>The account.</summary>
    public AccountId Account => _open.Vault.Account;

    /// <summary>When somebody was last added or removed, by the signer's clock.</summary>
    public DateTimeOffset LastAuthorityChange => Clock.FromSeconds(_open.Vault.Chain.Head.Link.Time);

    /// <summary>The devices and slots of the account. The person decides which devices are lost.</summary>
    public ImmutableArray<AuthorityInfo> Authorities => AuthorityInfo.AllOf(_open, _open.FindBadSeals(), _slot.Id);

    /// <summary>The devices that could be removed.</summary>
    public ImmutableArray<AuthorityInfo> Devices => [.. Authorities.Where(a => a.Kind == AuthorityKind.Device)];

    /// <summary>
    /// Realms of a passphrase that lied or could not be had, while the others sufficed; all of them once
    /// <see cref="CompleteAsync"/> is done, before that those whose answers are in. Empty for a code.
    /// </summary>
    public ImmutableArray<RealmReport> RealmReports => _unlocked?.Reports ?? [];

    /// <summary>The items that come back.</summary>
    public ImmutableArray<ItemInfo> Items => ItemInfo.AllOf(_open);

    internal static async Task<Result<RecoverySession>> ReadAsync(
        KeyRecoveryOptions options, VaultApi api, IDeviceStore store, DeviceKeys slot, string? token,
        CancellationToken ct, UnlockedSlot? unlocked = null)
    {
        var read = await RecoveryReader.ReadAsync(options, api, slot, token, ct);
        if (read is not Result<OpenVault>.Ok { Value: var open }) return ((Result<OpenVault>.Failed)read).Failure;
        if (unlocked is null || await unlocked.FindFaultAsync(open.Vault.Chain) is not { } fault)
            return new RecoverySession(options, api, store, slot, token, open, unlocked);
        open.Dispose();
        return fault;
    }

    /// <summary>
    /// Fetches and opens every item, as a proof that the code brings all of them back. Nothing is changed.
    /// </summary>
    /// <param name="progress">Told after each item: how many of how many.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Result<int>> CheckItemsAsync(
        IProgress<(int Done, int Of)>? progress = null, CancellationToken ct = default)
    {
        var items = _open.Vault.Manifest.Manifest.Items
            .Select((entry, i) => (_open.Private.Items[i].Name, Entry: entry)).ToList();
        var failure = await ItemBatches.FetchAsync(_api, _slot, items, (i, bytes) =>
        {
            var (content, fault) = _open.OpenItem(items[i].Entry, bytes.Span);
            if (content is null) return new ClientFailure.ServerLied(fault);
            CryptographicOperations.ZeroMemory(content);
            progress?.Report((i + 1, items.Count));
            return null;
        }, ct);
        return failure is null ? items.Count : failure;
    }

    /// <summary>Makes this device part of the account and removes the lost ones, in one link.</summary>
    /// <param name="deviceName">This device's name, at most 64 bytes of UTF-8.</param>
    /// <param name="remove">The devices and slots to remove; the code itself cannot be among them.</param>
    /// <param name="ct">Cancels; begin the recovery again to learn what came of it.</param>
    public async Task<Result<Recovered>> CompleteAsync(
        string deviceName, ImmutableArray<AuthorityId> remove, CancellationToken ct = default)
    {
        using (var kept = await _store.LoadAsync(ct))
        {
            if (kept is { Pending.IsEmpty: true })
                return new ClientFailure.DeviceState("this device already belongs to an account");
            // An earlier try whose answer was lost has made this device part of the account already.
            if (kept is not null && kept.Account == Account && _open.Vault.Chain.FindActive(kept.Device) is not null)
                return await OpenAsync([], ct);
        }
        using var device = new NewDevice(_options.Random);
        var tooYoung = Young(remove);
        for (var round = 0; round < 8; round++)
        {
            var commit = Build(device, deviceName, [.. remove.Except(tooYoung)]);
            var body = commit.Encode();
            using var pending = device.Pending(Account, body);
            await _store.SaveAsync(pending, ct);

            var answer = await _api.CommitAsync(_slot, body, _token, ct);
            switch (answer)
            {
                case Answer.Success:
                    return await OpenAsync(tooYoung, ct);
                case Answer.Problem { Type: ProblemTypes.StaleVersion }:
                    if (await ReadAgainAsync(ct) is { } failure) return failure;
                    if (_open.Vault.Chain.FindActive(device.Id) is not null) return await OpenAsync(tooYoung, ct);
                    break;
                case Answer.Problem { Type: ProblemTypes.YoungAuthority } young:
                    // A slot that a young device made adds nobody either, whatever is left out.
                    if (!remove.Except(tooYoung).Any()) return Failures.Of(young);
                    tooYoung = remove;
                    break;
                case Answer.Problem { IsRefusal: true } refused:
                    return Failures.Of(refused);
                default:
                    return Failures.Unanswered(answer);
            }
        }
        return new ClientFailure.Transient("other devices keep changing the account", null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _open.Dispose();
        _slot.Dispose();
    }

    // A slot that a young device added may not remove who was there before it (design §3.3): that part is left out and
    // said.
    private ImmutableArray<AuthorityId> Young(ImmutableArray<AuthorityId> remove)
    {
        var chain = _open.Vault.Chain;
        if (!_open.Vault.TrustedFrom.TryGetValue(_slot.Id, out var trustedFrom)
            || trustedFrom <= _api.NowSeconds) return [];
        var own = chain.Authorities[_slot.Id].AddedAt;
        return [.. remove.Where(id => chain.FindActive(id) is { } a && a.AddedAt <= own)];
    }

    private CommitBundle Build(NewDevice device, string deviceName, ImmutableArray<AuthorityId> remove)
    {
        var active = remove.Where(id => _open.Vault.Chain.FindActive(id) is not null).ToImmutableArray();
        using var draft = ChainLinkDraft.Next(
            _open, new ChainLinkChange([device.Entry], active), _slot.Id, _api.NowSeconds, _options.Random);
        var possession =
            new Dictionary<AuthorityId, byte[]> {
                [device.Id] = ChainLinkDraft.ProvePossession(device.Signing, draft.Body),
            };
        var link = draft.Sign(_slot.Signing, possession);
        var change = new ManifestChange { Notes = [new AuthorityNote(device.Id, deviceName)] };
        var manifest = ManifestDraft.Next(_open, draft, change, device.Id, device.Signing, _options.Random);
        return new CommitBundle(link, draft.Keyset, manifest, []);
    }

    private async Task<ClientFailure?> ReadAgainAsync(CancellationToken ct)
    {
        var read = await RecoveryReader.ReadAsync(_options, _api, _slot, _token, ct);
        if (read is Result<OpenVault>.Failed failed) return failed.Failure;
        _open.Dispose();
        _open = ((Result<OpenVault>.Ok)read).Value;
        return null;
    }

    private async Task<Result<Recovered>> OpenAsync(ImmutableArray<AuthorityId> leftOut, CancellationToken ct)
    {
        if (_unlocked is not null) await _unlocked.Settled;
        var state = new VaultState(_options, _api, _store, (await _store.LoadAsync(ct))!);
        if (await state.RefreshAsync(ct) is not { } failure)
        {
            // The link that has just been made is news to the realms, and may have replaced their management keys.
            using var removed = HeldRealmKeys.Of(_open,
                _open.Vault.Chain.Active.Select(a => a.Id).Where(id => state.Vault.Chain.FindActive(id) is null));
            await new RealmKeeper(_options, state).FollowAsync(removed, ct);
            return new Recovered(new VaultSession(_options, state), leftOut);
        }
        state.Dispose();
        return failure;
    }
}
