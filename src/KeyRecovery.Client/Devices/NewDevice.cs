using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Devices;

/// <summary>A device that is not part of an account yet: fresh seeds and an id.</summary>
internal sealed class NewDevice : IDisposable
{
    private readonly SecretBytes _signingSeed;
    private readonly SecretBytes _kemSeed;

    public NewDevice(IRandom random)
    {
        Id = DrawId(random);
        _signingSeed = SecretBytes.Random(SigningKey.SeedSize, random);
        _kemSeed = SecretBytes.Random(KemPrivateKey.SeedSize, random);
        Signing = SigningKey.FromSeed(_signingSeed.Span);
        using var kem = KemPrivateKey.FromSeed(_kemSeed.Span);
        KemKey = kem.PublicKey;
    }

    /// <summary>
    /// Draws the id of a device or of a slot. People type ids on a command line: none begins like an option there.
    /// </summary>
    public static AuthorityId DrawId(IRandom random)
    {
        var id = new byte[16];
        do random.Fill(id);
        while (new AuthorityId(id).ToString().StartsWith('-'));
        return new AuthorityId(id);
    }

    public AuthorityId Id { get; }

    public SigningKey Signing { get; }

    public KemPublicKey KemKey { get; }

    public (NewAuthority Entry, KemPublicKey KemKey) Entry =>
        (NewAuthority.Of(Id, AuthorityKind.Device, Signing.PublicKey, KemKey), KemKey);

    /// <summary>Its X-Wing key, to be disposed of.</summary>
    public KemPrivateKey OpenKem() => KemPrivateKey.FromSeed(_kemSeed.Span);

    /// <summary>What to save before the commit is sent: if the answer is lost, the keys are not.</summary>
    public DeviceState Pending(AccountId account, byte[] commit) =>
        new(account, Id, SecretBytes.Copy(_signingSeed.Span), SecretBytes.Copy(_kemSeed.Span), null, commit);

    public void Dispose()
    {
        Signing.Dispose();
        _signingSeed.Dispose();
        _kemSeed.Dispose();
    }
}
