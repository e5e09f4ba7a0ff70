using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Passphrases;
using KeyRecovery.Client.Vaults;

namespace KeyRecovery.Client.Recovery;

/// <summary>Recovery by passphrase, on a device that has nothing but an app's token (docs/protocol.md §14.4).</summary>
internal sealed class PassphraseRecovery(KeyRecoveryOptions options, VaultApi api, IDeviceStore store)
{
    public async Task<Result<RecoverySession>> BeginAsync(
        Passphrase passphrase, string token, bool takesOlder, CancellationToken ct)
    {
        if (!(await ToldSlots.ReadAsync(api, token, ct)).TryGet(out var told, out var unread)) return unread;
        var guess = new PassphraseGuess(options, api.Realms);
        return (await guess.MakeAsync(told.Slots, passphrase, token, ct)).TryGet(out var unlocked, out var failure)
            ? await ReadAsync(unlocked, token, takesOlder, ct) : failure;
    }

    private async Task<Result<RecoverySession>> ReadAsync(
        UnlockedSlot unlocked, string token, bool takesOlder, CancellationToken ct)
    {
        var keys = unlocked.Keys;
        var signer = new DeviceKeys(KeyId.OfSlot(keys.Id), keys.Signing, keys.Kem);
        // Side by side: the vault is fetched while the realms hear that the guess was right.
        var read = await RecoverySession.ReadAsync(options, api, store, signer, token, ct, unlocked, takesOlder);
        await unlocked.Confirmed;
        if (read is Result<RecoverySession>.Ok) return read;
        await unlocked.Settled;
        unlocked.Dispose();
        return read;
    }
}
