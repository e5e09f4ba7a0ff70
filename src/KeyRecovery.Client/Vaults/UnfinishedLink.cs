using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Vaults;

/// <summary>
/// A device that has signed to join an account and never heard what came of it. Its keys may be a device's, and give
/// way to others only once the server says that they are none.
/// </summary>
internal static class UnfinishedLink
{
    /// <summary>Finds out what came of it, where the store has one.</summary>
    /// <returns>
    /// The account, where the device is part of it; a failure where nobody can tell; neither where nothing stands in
    /// the way of a new beginning.
    /// </returns>
    public static async Task<(VaultState? Joined, ClientFailure? Unknown)> FindAsync(
        KeyRecoveryOptions options, VaultApi api, IDeviceStore store, CancellationToken ct)
    {
        var kept = await store.LoadAsync(ct);
        if (kept is not { IsJoining: true })
        {
            kept?.Dispose();
            return (null, null);
        }
        var state = new VaultState(options, api, store, kept);
        var failure = await state.RefreshAsync(ct);
        if (failure is null) return (state, null);
        state.Dispose();
        return (null, SaysNone(failure) ? null : failure);
    }

    /// <summary>As <see cref="FindAsync"/>, for whoever makes another device of this one.</summary>
    public static async Task<ClientFailure?> RefuseAsync(
        KeyRecoveryOptions options, VaultApi api, IDeviceStore store, CancellationToken ct)
    {
        var (joined, unknown) = await FindAsync(options, api, store, ct);
        if (joined is null) return unknown;
        joined.Dispose();
        return new ClientFailure.DeviceState("this device already belongs to an account");
    }

    private static bool SaysNone(ClientFailure failure) => failure is ClientFailure.Revoked or ClientFailure.Erased
        or ClientFailure.Refused { Type: ProblemTypes.SignatureInvalid };
}
