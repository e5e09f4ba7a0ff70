using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Testing.Realms;

/// <summary>A slot as a realm meets it, with every secret at hand: its keys and the whole OPRF key.</summary>
public sealed class TestRealmSlot : IDisposable
{
    private readonly IRandom _random;

    /// <summary>Draws a slot whose key is shared among so many realms.</summary>
    public TestRealmSlot(IRandom random, int realms = 1, int threshold = 1)
    {
        _random = random;
        Id = new AuthorityId(Bytes(16));
        Signing = SigningKey.FromSeed(Bytes(SigningKey.SeedSize));
        Management = SigningKey.FromSeed(Bytes(SigningKey.SeedSize));
        Key = OprfKeyShares.Split(realms, threshold, random);
    }

    /// <summary>Its id.</summary>
    public AuthorityId Id { get; init; }

    /// <summary>Signs resets.</summary>
    public SigningKey Signing { get; }

    /// <summary>Signs commands.</summary>
    public SigningKey Management { get; }

    /// <summary>The OPRF key.</summary>
    public OprfKeyShares Key { get; }

    /// <summary>The body that registers a share; the first one unless told.</summary>
    public byte[] Registration(RealmIdentity realm, int share = 0) =>
        RealmRegistration.Seal(realm, Id, Signing.PublicKey, Management.PublicKey, Key.Shares[share], _random);

    /// <summary>The body that registers the first share, as an authority signs it, with the whole chain.</summary>
    public byte[] Registration(RealmIdentity realm, VerifiedVault vault, AuthorityId signer, SigningKey signerKey) =>
        RealmRegister.Seal(
            realm, Id, Signing.PublicKey, Key.Shares[0], vault.Head, [.. vault.Links.Select(link => link.Bytes)],
            signer, signerKey, _random);

    /// <summary>The body of a guess, with all that belongs to it.</summary>
    public TestGuess Guess(string passphrase = "wrong")
    {
        var oprf = OprfRequest.Blind(System.Text.Encoding.UTF8.GetBytes(passphrase), _random);
        return new TestGuess(new RealmEvaluate(Id, AttemptId.Draw(_random), oprf.Blinded), oprf);
    }

    /// <summary>The body of a reset.</summary>
    public byte[] Reset(RealmIdentity realm, AttemptId attempt, SigningKey? signer = null, ulong round = 0) =>
        RealmReset.Sign(realm.Fingerprint, Id, attempt, round, signer ?? Signing);

    /// <summary>The body of a command.</summary>
    public byte[] Manage(RealmIdentity realm, ulong version, RealmCommand command, SigningKey? signer = null) =>
        RealmManage.Sign(realm.Fingerprint, Id, version, command, signer ?? Management);

    /// <inheritdoc/>
    public void Dispose()
    {
        Signing.Dispose();
        Management.Dispose();
        Key.Dispose();
    }

    private byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        _random.Fill(bytes);
        return bytes;
    }
}
