using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Testing;

/// <summary>The home server that accounts in memory have: its audit key is known to whoever asks.</summary>
public static class TestHome
{
    /// <summary>When it signs heads unless told otherwise, in seconds since 1970.</summary>
    public const ulong Now = 1_760_000_000;

    private static readonly SigningKey Key = SigningKey.FromSeed(Seed);

    /// <summary>The seed of its audit key.</summary>
    public static byte[] Seed => new TestRandom(4711).Bytes(32);

    /// <summary>Its audit key.</summary>
    public static IReadOnlyList<VerifyKey> Keys { get; } = [Key.PublicKey];

    /// <summary>The setting by which a server that is a realm knows it, for an app by its place.</summary>
    public static (string Key, string Value) KnownTo(int app = 0) =>
        ($"Apps:{app}:Policy:Homes:0", Base64UrlText.Encode(Keys[0].ToArray()));

    /// <summary>Signs the head of a manifest and the link that it says it stands on.</summary>
    public static SignedHead Sign(SignedManifest manifest, ulong time = Now) =>
        SignedHead.Sign(AccountHead.Of(manifest.Manifest.ChainHead, manifest, time), Key);

    /// <summary>Signs any head.</summary>
    public static SignedHead Sign(AccountHead head) => SignedHead.Sign(head, Key);

    /// <summary>Claims that an account was restored.</summary>
    /// <param name="account">The account.</param>
    /// <param name="sequence">Its newest link as restored.</param>
    /// <param name="version">Its newest manifest as restored.</param>
    /// <param name="time">When, in seconds since 1970.</param>
    public static SignedClaim Claim(AccountId account, ulong sequence, ulong version, ulong time) =>
        Claim(new RestoredClaim(
            new RestoreId(new TestRandom((int)time).Bytes(RestoreId.Size)), account, sequence, version, time));

    /// <summary>Signs any claim.</summary>
    public static SignedClaim Claim(RestoredClaim claim) => SignedClaim.Sign(claim, Key);
}
