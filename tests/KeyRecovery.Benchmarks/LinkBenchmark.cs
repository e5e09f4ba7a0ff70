using System.Security.Cryptography;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// A whole linking session of both sides in memory against the X25519, AEAD and HPKE operations that it cannot do
/// without.
/// </summary>
internal static class LinkBenchmark
{
    private const int BundleSize = 500;
    private const int Agreements = 7; // Keys of the code, of N and of E; es and ee on both sides.
    private const int Messages = 11;  // Two of the handshake, nine after it, each sealed and opened.

    public static void Run(Report report)
    {
        var (sessions, bare) = Measure();
        report.Figure("linking sessions, both sides, in memory", sessions);
        report.Figure($"bare: {Agreements} X25519, {2 * Messages} AEAD, one HPKE seal and opening", bare);
        report.Ratio("linking session / its bare operations", sessions / bare, 0.6);
    }

    /// <summary>Sessions a second on one core.</summary>
    public static double InMemory() => Measure().Sessions;

    private static (double Sessions, double Bare) Measure()
    {
        var random = new TestRandom(1);
        using var phone = TestAuthority.Device(random);
        using var laptop = TestAuthority.Device(random);
        var account = TestAccount.Begin(random, phone, [TestAuthority.Code(random)]);
        using var before = account.Open(phone);
        var draft = ChainLinkDraft.Next(
            before, new ChainLinkChange([laptop.Added], []), phone.Id, 1_760_000_060, new TestRandom(7));
        account.Commit(phone, new AccountChange { Add = [laptop] });
        var after = account.Read(laptop);
        var bundle = RandomNumberGenerator.GetBytes(BundleSize);
        if (after.Chain.Place != draft.Place)
            throw new InvalidOperationException("the draft is not the link that was committed");

        return Throughput.Pair(() => Session(laptop, draft, after, bundle), Bare(laptop.Kem));
    }

    private static void Session(TestAuthority laptop, ChainLinkDraft draft, VerifiedVault after, byte[] bundle)
    {
        var random = SystemRandom.Instance;
        var scope = new LinkScope(TestAccount.DefaultApp, new Uri("https://keys.example.org"));
        var device = new JoiningDevice(laptop.Id, laptop.Signing, laptop.Kem, "laptop", "Linux");
        using var displaying = ExistingDisplaying.Begin(scope, random);
        using var code = ((LinkCodeParse.Ok)LinkCode.Parse(displaying.Code.ToQrText())).Code;
        using var joining = NewJoining.Begin(code, scope, device, random);
        var (greeted, answer) = Next(displaying.Receive(joining.Message.Span, random));
        var (shows, commitment) = Next(joining.Receive(answer.Span, random));
        var (asks, _) = Next(greeted.Receive(commitment.Span));
        LinkDigits.TryParse(shows.Digits.ToDisplayString(), out var typed);
        var (awaiting, digits) = asks.Type(typed);
        var (revealed, reveal) = Next(shows.Receive(digits.Span));
        var (reviewing, _) = Next(awaiting.Receive(reveal.Span));
        var (offered, offer) = Next(reviewing.Approve(draft));
        var (joins, _) = Next(revealed.Receive(offer.Span));
        var (signed, possession) = joins.Approve();
        var (proven, _) = Next(offered.Receive(possession.Span));
        var (committed, place) = Next(proven.Committed(TestHome.Keys[0]));
        var (verifies, _) = Next(signed.Receive(place.Span));
        var (receiving, ready) = Next(verifies.Verify(after));
        var (sending, _) = Next(committed.Receive(ready.Span));
        var (sent, parts) = sending.Send(bundle, random);
        var (linked, receipt) = Next(receiving.Receive(parts[0].Span));
        linked.Dispose();
        Next(sent.Receive(receipt.Span));
    }

    private static Action Bare(KemPrivateKey recipient)
    {
        var (secret, output, point) = (RandomNumberGenerator.GetBytes(32), new byte[32], new byte[32]);
        X25519.PublicKey(point, RandomNumberGenerator.GetBytes(32));
        var (key, nonce, message) = (RandomNumberGenerator.GetBytes(32), new byte[12], new byte[700]);
        var (box, opened) = (new byte[message.Length + 16], new byte[message.Length]);
        var (seed, content) = (RandomNumberGenerator.GetBytes(64), new byte[512]);
        return () =>
        {
            for (var i = 0; i < 3; i++) X25519.PublicKey(output, secret);
            for (var i = 3; i < Agreements; i++) X25519.TryAgree(output, secret, point);
            for (var i = 0; i < Messages; i++)
            {
                Sodium.ChaChaSeal(box, message, [], nonce, key);
                Sodium.ChaChaOpen(opened, box, [], nonce, key);
            }
            var hpke = Hpke.Seal(recipient.PublicKey, key, [], content, seed);
            Hpke.TryOpen(recipient, key, [], hpke, content);
        };
    }

    private static LinkStep<T>.Next Next<T>(LinkStep<T> step) => (LinkStep<T>.Next)step;

    private static LinkFork<T, TAgain>.Next Next<T, TAgain>(LinkFork<T, TAgain> fork) => (LinkFork<T, TAgain>.Next)fork;
}
