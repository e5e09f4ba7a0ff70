using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Testing;

/// <summary>The home server that accounts in memory have: its audit key is known to whoever asks.</summary>
public static class TestHome
{
    private const ulong Now = 1_760_000_000;

    private static readonly SigningKey Key = SigningKey.FromSeed(Seed);

    /// <summary>The seed of its audit key.</summary>
    public static byte[] Seed => new TestRandom(4711).Bytes(32);

    /// <summary>Its audit key.</summary>
    public static IReadOnlyList<VerifyKey> Keys { get; } = [Key.PublicKey];

    /// <summary>Signs the head of a manifest and the link that it says it stands on.</summary>
    public static SignedHead Sign(SignedManifest manifest, ulong time = Now) =>
        SignedHead.Sign(AccountHead.Of(manifest.Manifest.ChainHead, manifest, time), Key);

    /// <summary>Signs any head.</summary>
    public static SignedHead Sign(AccountHead head) => SignedHead.Sign(head, Key);
}
