using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Recovery;

/// <summary>An account as a slot reads it that has no device, and keeps nothing.</summary>
/// <param name="options">The client's.</param>
/// <param name="token">The app's token, where it asks for one beside a slot's signature.</param>
/// <param name="first">What was read before; still the caller's to dispose of.</param>
internal sealed class SlotAccount(KeyRecoveryOptions options, string? token, VaultView first)
    : IKnownAccount, IDisposable
{
    private readonly VaultView _first = first;

    /// <summary>The account as it was read last.</summary>
    public VaultView View { get; private set; } = first;

    public VaultApi Api => View.Api;

    public DeviceKeys Keys => View.Keys;

    public VerifiedVault Vault => View.Newest;

    public ClientFailure.RestoredBehind? Behind =>
        Vault.BehindSince is { } at ? ClientFailure.RestoredBehind.Since(at) : null;

    public Task<ClientFailure?> RefreshAsync(CancellationToken ct) => ReadAsAsync(Keys, ct);

    /// <summary>Reads it as another slot, or the same. Null when all is well, which it may be and not open.</summary>
    public async Task<ClientFailure?> ReadAsAsync(DeviceKeys slot, CancellationToken ct)
    {
        var read = await RecoveryReader.ReadAsync(options, Api, slot, token, ct);
        if (!read.TryGet(out var view, out var failure)) return failure;
        Dispose();
        View = view;
        return null;
    }

    public Task<Answer> CommitAsync(CommitBundle commit, DeviceKeys signer, string? token, CancellationToken ct) =>
        Api.CommitAsync(signer, commit.Encode(), token, ct);

    // Whoever needs to see it reads it, as the device or the slot that it goes on with.
    public Task<ClientFailure?> AcceptOwnAsync(CommitBundle commit, HeadsJson heads, CancellationToken ct) =>
        Task.FromResult<ClientFailure?>(null);

    // A slot has kept no head that another could contradict.
    public ClientFailure.RolledBack? HearHead(Answer.Problem said) => null;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (View != _first) View.Good?.Dispose();
    }
}
