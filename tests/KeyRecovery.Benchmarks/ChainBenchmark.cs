using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// A vault whose chain has 4,000 links, each with two signatures and a new key: verified anew, against its bare
/// signature and point checks, and opened by a device that verified and kept it, against reading and opening the sealed
/// file.
/// </summary>
internal static class ChainBenchmark
{
    private const int Links = 4000;
    private const int Fewer = 1000;
    private const double MiB = 1024 * 1024;

    public static async Task RunAsync(Report report)
    {
        var random = new TestRandom(1);
        var (id, seed, kemSeed) = (random.Bytes(16), random.Bytes(32), random.Bytes(32));
        using var phone = TestAuthority.Device(id, seed, kemSeed);
        CompareFewer(report, phone, random);
        var served = LongChain.Replacing(phone, Links, random);
        var told = served.Tell().Encode();
        var (verified, bare) = SideBySide.Compare(() => Verify(told, phone), () => Bare(served));
        var what = $"a vault of {Links:N0} links, {told.Length / MiB:0.0} MiB, verified anew";
        report.Figure(what, verified.Milliseconds, "ms");
        report.Figure("  its processor time", verified.Processor, "ms");
        report.Figure("  bare: its signatures and points, all cores", bare.Milliseconds, "ms");
        report.Ratio("bare signatures and points / verified anew", bare.Milliseconds / verified.Milliseconds, 0.8);
        report.AtMost("verified anew", verified.Milliseconds, " ms", 600);

        using var folder = new TempFolder();
        var store = new FileDeviceStore(folder["device"]);
        using (var device = new DeviceState(
            served.Account, phone.Id, SecretBytes.Copy(seed), SecretBytes.Copy(kemSeed), null, default))
        using (var state = device.With(Verify(told, phone), TestHome.Keys[0]))
            await store.SaveAsync(state, default);
        var (kept, read) = SideBySide.Compare(() => Open(store, phone), () => Load(store).Dispose());
        var before = GC.GetTotalAllocatedBytes(precise: true);
        Open(store, phone);
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        report.Figure("the same kept, and opened from its sealed file", kept.Milliseconds, "ms");
        report.Figure("  its processor time", kept.Processor, "ms");
        report.Figure("  bare: the file read, unsealed and split", read.Milliseconds, "ms");
        report.Ratio("opened from its sealed file / verified anew", kept.Milliseconds / verified.Milliseconds);
        report.AtMost("opened from its sealed file", kept.Milliseconds, " ms", 300);
        report.AtMost("memory taken for it", allocated / MiB, " MiB", 50);
    }

    private static void CompareFewer(Report report, TestAuthority phone, TestRandom random)
    {
        var served = LongChain.Replacing(phone, Fewer, random);
        var told = served.Tell().Encode();
        var (verified, bare) = SideBySide.Compare(() => Verify(told, phone), () => Bare(served));
        report.Figure($"a vault of {Fewer:N0} links verified anew", verified.Milliseconds, "ms");
        report.Figure("  bare: its signatures and points, all cores", bare.Milliseconds, "ms");
        report.Ratio("bare signatures and points / verified anew", bare.Milliseconds / verified.Milliseconds, 0.6);
    }

    private static VerifiedVault Verify(byte[] told, TestAuthority own) =>
        VerifiedVault.Verify(TestAccount.DefaultApp, VaultBundle.Decode(told), own.Identity, null, TestHome.Keys)
            is VaultVerdict.Ok ok
            ? ok.Vault
            : throw new InvalidOperationException("an honest vault was refused");

    private static void Open(FileDeviceStore store, TestAuthority own)
    {
        using var state = Load(store);
        var verdict = VerifiedVault.Reopen(TestAccount.DefaultApp, state.Known!, own.Identity);
        using var open = ((VaultVerdict.Ok)verdict).Vault.Open(own.Id, own.Kem).Vault!;
        if (open.FindBadSeals().Length != 0) throw new InvalidOperationException("an honest keyset has bad seals");
    }

    private static DeviceState Load(FileDeviceStore store) =>
        store.LoadAsync(default).AsTask().GetAwaiter().GetResult()!;

    private static void Bare(ServedVault served)
    {
        var signer = served.Links[0].Link.Add[0].SigningKey;
        Parallel.ForEach(served.Links, link =>
        {
            signer.Verify(SignatureLabel.Link, link.Body.Span, link.Signature);
            for (var i = 0; i < link.Possession.Length; i++)
            {
                var key = new VerifyKey(link.Link.Add[i].SigningKey.ToArray());
                key.Verify(SignatureLabel.LinkPossession, link.Body.Span, link.Possession[i]);
            }
        });
    }
}
