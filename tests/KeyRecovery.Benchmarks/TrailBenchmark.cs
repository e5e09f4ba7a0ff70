using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// A vault that is 1,000 versions newer than the one that its reader knows, read from the hashes between, against
/// hashing and verifying the same bytes bare.
/// </summary>
internal static class TrailBenchmark
{
    private const int Versions = 1000;
    private const int Times = 20;

    public static void Run(Report report)
    {
        var random = new TestRandom(2);
        using var phone = TestAuthority.Device(random);
        var first = TestAccount.Begin(random, phone).Now;
        var known = Verify(first.TellFrom(1).Encode(), phone, null);
        var served = Forge.Manifests(first, phone, Versions);
        var told = served.TellFrom(1).Encode();
        var (read, bare) = SideBySide.Compare(
            () => Repeat(() => Verify(told, phone, known)), () => Repeat(() => Bare(served)));
        report.Figure(
            $"a vault {Versions:N0} versions newer, {told.Length:N0} bytes, read", read.Milliseconds / Times, "ms");
        report.Figure("  bare: its hashes and two signatures", bare.Milliseconds / Times, "ms");
        report.Ratio("bare hashes and signatures / read", bare.Milliseconds / read.Milliseconds, 0.6);
    }

    private static void Repeat(Action work)
    {
        for (var i = 0; i < Times; i++) work();
    }

    private static VerifiedVault Verify(byte[] told, TestAuthority own, VerifiedVault? known) =>
        VerifiedVault.Verify(TestAccount.DefaultApp, VaultBundle.Decode(told), own.Identity, known, TestHome.Keys)
            is VaultVerdict.Ok ok
            ? ok.Vault
            : throw new InvalidOperationException("an honest vault was refused");

    private static void Bare(ServedVault served)
    {
        Span<byte> step = stackalloc byte[Labels.Trail.Length + 1 + 64];
        Encoding.ASCII.GetBytes(Labels.Trail, step);
        foreach (var hash in served.Hashes)
        {
            hash.CopyTo(step[^32..]);
            SHA256.HashData(step, step[^64..^32]);
        }

        var head = SignedHead.Decode(served.Tell().Head);
        foreach (var part in
            new[] { served.Links[0].Bytes, served.Keysets[0].Bytes, served.Manifest.Bytes, head.Bytes })
            SHA256.HashData(part.Span, step[..32]);
        var signer = served.Links[0].Link.Add[0].SigningKey;
        if (!head.IsSignedBy(TestHome.Keys) || !served.Manifest.IsSignedBy(signer))
            throw new InvalidOperationException("an honest signature does not hold");
    }
}
