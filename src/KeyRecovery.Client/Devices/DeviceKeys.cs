using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Devices;

/// <summary>The keys of the device, or of the slot, that acts.</summary>
internal sealed class DeviceKeys(KeyId keyId, SigningKey signing, KemPrivateKey kem) : IDisposable
{
    public KeyId KeyId { get; } = keyId;

    public AuthorityId Id => KeyId.Authority;

    public SigningKey Signing { get; } = signing;

    public KemPrivateKey Kem { get; } = kem;

    public OwnIdentity Identity => new(Id, Signing.PublicKey);

    public static DeviceKeys Of(DeviceState state) => new(
        KeyId.OfDevice(state.Account, state.Device), SigningKey.FromSeed(state.SigningSeed.Span),
        KemPrivateKey.FromSeed(state.KemSeed.Span));

    /// <summary>The slot of a code.</summary>
    public static DeviceKeys OfCode(RecoveryCode code)
    {
        var keys = code.DeriveSlot();
        return new DeviceKeys(KeyId.OfSlot(keys.Id), keys.Signing, keys.Kem);
    }

    public void Dispose()
    {
        Signing.Dispose();
        Kem.Dispose();
    }
}
