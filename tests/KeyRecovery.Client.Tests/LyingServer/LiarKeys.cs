using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>The keys of a malicious server: they are as good as anybody's, and nobody's but its own.</summary>
internal sealed class LiarKeys : IDisposable
{
    /// <summary>Under which it would come into an account.</summary>
    public AuthorityId Id { get; } = new(Lies.Seed()[..16]);

    public SigningKey Signing { get; } = Lies.NewKey();

    public KemPrivateKey Kem { get; } = KemPrivateKey.FromSeed(Lies.Seed());

    /// <summary>An entry of a link that gives its keys for those of <paramref name="whose"/>.</summary>
    public NewAuthority Entry(NewAuthority whose) =>
        NewAuthority.Of(whose.Id, whose.Kind, Signing.PublicKey, Kem.PublicKey) with { Parameters = whose.Parameters };

    /// <summary>A key of its own, sealed to its own key as an epoch's is.</summary>
    public byte[] SealOwn(AccountId account, ulong epoch, AuthorityId whose) => Hpke.Seal(
        Kem.PublicKey, SealInfo(account, epoch, whose), [], Lies.Seed(), [.. Lies.Seed(), .. Lies.Seed()]);

    /// <summary>Which of the byte strings in what was heard were sealed to it, of whatever kind they are.</summary>
    /// <param name="heard">What a client sent.</param>
    /// <param name="account">Whose epoch's key it may be.</param>
    /// <param name="ids">For whom it may say that it is.</param>
    public IEnumerable<string> Opened(IEnumerable<Heard> heard, AccountId account, IEnumerable<AuthorityId> ids)
    {
        var infos = ids.Append(Id).SelectMany(id => Enumerable.Range(1, 4).Select(e => SealInfo(account, (ulong)e, id)))
            .Append([]).ToList();
        var seen = new HashSet<Hash256>();
        foreach (var request in heard)
        {
            if (Contains(request.Body, Kem.PublicKey.Span))
                yield return $"{request.Method} {request.Path} names its key";
            foreach (var text in ByteStrings(request.Body).Where(t => seen.Add(Hash256.Of(t.Span))))
            {
                foreach (var info in infos)
                {
                    if (Hpke.TryOpen(Kem, info, [], text.Span, new byte[text.Length - Hpke.Overhead]))
                        yield return $"{request.Method} {request.Path} holds {text.Length} bytes that are sealed to it";
                }
            }
        }
    }

    public void Dispose()
    {
        Signing.Dispose();
        Kem.Dispose();
    }

    private static byte[] SealInfo(AccountId account, ulong epoch, AuthorityId recipient) =>
        new CborOut().Array(4).Text(Labels.EpochSeal).Bytes(account).UInt(epoch).Bytes(recipient).ToArray();

    // Whatever travels sealed is a byte string of CBOR, at any depth: its length stands before it, in two bytes.
    private static IEnumerable<ReadOnlyMemory<byte>> ByteStrings(byte[] body)
    {
        for (var i = 0; i + 3 < body.Length; i++)
        {
            if (body[i] != 0x59) continue;
            var length = (body[i + 1] << 8) | body[i + 2];
            if (length >= Hpke.Overhead && i + 3 + length <= body.Length) yield return body.AsMemory(i + 3, length);
        }
    }

    private static bool Contains(byte[] body, ReadOnlySpan<byte> wanted) => body.AsSpan().IndexOf(wanted) >= 0;
}
