using System.Security.Cryptography;
using KeyRecovery.Protocol.Identities;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using NSec.Cryptography;

namespace KeyRecovery.Benchmarks;

/// <summary>Sealing against the bare operations that it cannot do without.</summary>
internal static class SealBenchmarks
{
    public static void Run(Report report)
    {
        Hpke(report);
        Readers(report);
        Items(report);
    }

    private static void Hpke(Report report)
    {
        using var recipient = KemPrivateKey.FromSeed(RandomNumberGenerator.GetBytes(32));
        var key = recipient.PublicKey;
        var seed = RandomNumberGenerator.GetBytes(Protocol.Primitives.Hpke.EncapsulationSeedSize);
        var (epochKey, info) = (RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(60));
        var (ciphertext, secret) = (new byte[XWing.CiphertextSize], new byte[XWing.SharedSecretSize]);
        var (seals, bare) = Throughput.Pair(
            () => Protocol.Primitives.Hpke.Seal(key, info, [], epochKey, seed),
            () => XWing.TryEncapsulate(ciphertext, secret, key.Span, seed));
        report.Figure("HPKE seals of an epoch key", seals);
        report.Figure("bare X-Wing encapsulations", bare);
        report.Ratio("HPKE seal / bare encapsulation", seals / bare, 0.85);
    }

    // A hundred readers of one content key: drawn, sealed to each, committed to, signed, and read back as a record.
    private static void Readers(Report report)
    {
        const int Count = 100;
        var random = SystemRandom.Instance;
        var (account, bytes) = (new byte[16], RandomNumberGenerator.GetBytes(64));
        using var owner = IdentityKeys.Create(default, random);
        List<IdentityStatement> readers = [];
        for (var i = 0; i < Count; i++)
        {
            random.Fill(account);
            using var keys = IdentityKeys.Create(new AccountId(account), random);
            readers.Add(IdentityStatement.Sign(keys, 1));
        }
        var (contentKey, info) = (RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(120));
        var (shared, bare) = Throughput.Pair(
            () => ContentKey.Create(owner, readers, random).Dispose(),
            () =>
            {
                // The owner reads as well.
                foreach (var key in readers.Select(r => r.KemKey).Append(owner.KemKey))
                    Protocol.Primitives.Hpke.Seal(key, info, [], contentKey, bytes);
            });
        report.Figure("content keys for 100 readers", shared);
        report.Figure("bare HPKE to as many", bare);
        report.Ratio("content key for 100 readers / bare HPKE", shared / bare, 0.85);
    }

    private static void Items(Report report)
    {
        var random = SystemRandom.Instance;
        using var epochKey = EpochKey.Create(default, 1, random);
        var header = new ItemHeader(default, default, 1, 1, default);
        var content = RandomNumberGenerator.GetBytes(64 * 1024);
        var aead = AeadAlgorithm.XChaCha20Poly1305;
        using var key = Key.Create(aead);
        var nonce = RandomNumberGenerator.GetBytes(24);
        var item = new byte[SealedItem.SizeOf("item", content.Length)];
        var sealedBytes = new byte[content.Length + aead.TagSize];
        var (items, bare) = Throughput.Pair(
            () =>
            {
                SealedItem.Seal(epochKey, header, "item", content, item, random);
                Hash256.Of(item);
            },
            () =>
            {
                aead.Encrypt(key, nonce, [], content, sealedBytes);
                SHA256.HashData(sealedBytes);
            });
        report.Figure("64 KiB items sealed and hashed", items);
        report.Figure("bare XChaCha20-Poly1305 and SHA-256 of 64 KiB", bare);
        report.Ratio("64 KiB item / bare seal and hash", items / bare, 0.9);
    }
}
