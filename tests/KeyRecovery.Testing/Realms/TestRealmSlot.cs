using System.Buffers.Binary;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Testing.Realms;

/// <summary>
/// A slot as a realm meets it, with every secret at hand: its keys, the whole OPRF key, and the account that it is
/// registered for, of which <see cref="TestHome"/> is the home.
/// </summary>
public sealed class TestRealmSlot : IDisposable
{
    private readonly IRandom _random;
    private readonly Lazy<TestAccount> _account;

    /// <summary>Draws a slot of an account of an app, whose key is shared among so many realms.</summary>
    public TestRealmSlot(IRandom random, string app = "demo", int realms = 1, int threshold = 1)
    {
        _random = random;
        Id = new AuthorityId(Bytes(16));
        Signing = SigningKey.FromSeed(Bytes(SigningKey.SeedSize));
        Key = OprfKeyShares.Split(realms, threshold, random);
        var drawn = new TestRandom(BinaryPrimitives.ReadInt32LittleEndian(Bytes(sizeof(int))));
        Phone = TestAuthority.Device(drawn);
        _account = new(() => TestAccount.Begin(drawn, Phone, appId: app));
    }

    /// <summary>Its id.</summary>
    public AuthorityId Id { get; init; }

    /// <summary>Signs resets.</summary>
    public SigningKey Signing { get; }

    /// <summary>The account's one device: it registers the slot and signs commands.</summary>
    public TestAuthority Phone { get; }

    /// <summary>The OPRF key.</summary>
    public OprfKeyShares Key { get; }

    /// <summary>The body that registers a share; the first one unless told.</summary>
    public byte[] Registration(RealmIdentity realm, int share = 0) => RealmRegister.Seal(
        realm, Id, Signing.PublicKey, Key.Shares[share], Head, Links, Phone.Id, Phone.Signing, _random);

    /// <summary>The body that registers the first share for another account, as an authority of it signs.</summary>
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

    /// <summary>The body of a command in the phone's name.</summary>
    public byte[] Command(RealmIdentity realm, RealmAction action, ulong count = 0, SigningKey? signer = null) =>
        RealmCommand.Sign(
            realm.Fingerprint, Id, action, count, Head, Links, Phone.Id, signer ?? Phone.Signing);

    /// <inheritdoc/>
    public void Dispose()
    {
        Signing.Dispose();
        Phone.Dispose();
        Key.Dispose();
    }

    private SignedHead Head => TestHome.Sign(_account.Value.Now.Manifest);

    private ReadOnlyMemory<byte>[] Links => [.. _account.Value.Now.Links.Select(link => link.Bytes)];

    private byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        _random.Fill(bytes);
        return bytes;
    }
}
