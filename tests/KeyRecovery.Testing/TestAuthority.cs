using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Testing;

/// <summary>An authority with both private keys at hand.</summary>
public sealed class TestAuthority : IDisposable
{
    private TestAuthority(
        AuthorityId id, AuthorityKind kind, SigningKey signing, KemPrivateKey kem, ReadOnlyMemory<byte> parameters)
    {
        Id = id;
        Signing = signing;
        Kem = kem;
        Entry = NewAuthority.Of(id, kind, signing.PublicKey, kem.PublicKey) with { Parameters = parameters };
    }

    /// <summary>Its id.</summary>
    public AuthorityId Id { get; }

    /// <summary>Its Ed25519 key.</summary>
    public SigningKey Signing { get; }

    /// <summary>Its X-Wing key.</summary>
    public KemPrivateKey Kem { get; }

    /// <summary>The entry by which a link adds it.</summary>
    public NewAuthority Entry { get; }

    /// <summary>The entry with the key to seal to.</summary>
    public (NewAuthority Entry, KemPublicKey KemKey) Added => (Entry, Kem.PublicKey);

    /// <summary>Itself as a reader.</summary>
    public OwnIdentity Identity => new(Id, Signing.PublicKey);

    /// <summary>A device with keys drawn from <paramref name="random"/>.</summary>
    public static TestAuthority Device(TestRandom random) =>
        Draw(AuthorityKind.Device, ReadOnlyMemory<byte>.Empty, random);

    /// <summary>A device of this id and these seeds.</summary>
    public static TestAuthority Device(byte[] id, byte[] signingSeed, byte[] kemSeed) => new(
        new AuthorityId(id), AuthorityKind.Device, SigningKey.FromSeed(signingSeed), KemPrivateKey.FromSeed(kemSeed),
        ReadOnlyMemory<byte>.Empty);

    /// <summary>A slot with parameters, its keys drawn from <paramref name="random"/>.</summary>
    public static TestAuthority Slot(AuthorityKind kind, ReadOnlyMemory<byte> parameters, TestRandom random) =>
        Draw(kind, parameters, random);

    /// <summary>The slot of a new recovery code.</summary>
    public static TestAuthority Code(TestRandom random)
    {
        using var code = RecoveryCode.Generate(random);
        return Code(code);
    }

    /// <summary>The slot of a recovery code.</summary>
    public static TestAuthority Code(RecoveryCode code)
    {
        var slot = code.DeriveSlot();
        return new TestAuthority(slot.Id, AuthorityKind.Code, slot.Signing, slot.Kem, ReadOnlyMemory<byte>.Empty);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Signing.Dispose();
        Kem.Dispose();
    }

    private static TestAuthority Draw(AuthorityKind kind, ReadOnlyMemory<byte> parameters, TestRandom random) => new(
        new AuthorityId(random.Bytes(16)), kind, SigningKey.FromSeed(random.Bytes(SigningKey.SeedSize)),
        KemPrivateKey.FromSeed(random.Bytes(KemPrivateKey.SeedSize)), parameters);
}
