using System.Net.Http.Headers;
using KeyRecovery.Protocol.Http;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Load;

/// <summary>An account whose code was replaced hundreds of times: as often as a chain can add authorities.</summary>
internal sealed class LongAccount : IDisposable
{
    private const int PrivateBytes = 120 * 1024;

    private readonly ServerProcess _server;
    private readonly TestAuthority _phone;
    private readonly AuthorityId _code;
    private readonly List<SignedChainLink> _links;
    private readonly SignedManifest _manifest;

    private LongAccount(
        ServerProcess server, TestAuthority phone, AuthorityId code, List<SignedChainLink> links,
        SignedManifest manifest) =>
        (_server, _phone, _code, _links, _manifest) = (server, phone, code, links, manifest);

    /// <summary>The device's name in signatures.</summary>
    public string KeyId => KeyRecovery.KeyId.OfDevice(_links[0].Link.Account, _phone.Id).ToString();

    /// <summary>Makes the account, and replaces its code by a commit each.</summary>
    public static async Task<LongAccount> CreateAsync(ServerProcess server, HttpClient http, int links)
    {
        var random = new TestRandom(links);
        var (phone, code) = (TestAuthority.Device(random), TestAuthority.Code(random));
        var begin = ChainLinkDraft.Begin("demo", phone.Added, [code.Added], 1, random);
        var manifest = ManifestDraft.First(begin, new ManifestChange(), phone.Signing, random);
        begin.Key.Dispose();
        var chain = new List<SignedChainLink> { Sign(begin.Body, phone, phone, code) };
        using var creation = new HttpRequestMessage(HttpMethod.Post,
            "/v1/accounts") { Content = Cbor(new CommitBundle(chain[0], begin.Keyset, manifest, []).Encode()) };
        creation.Headers.Authorization =
            new AuthenticationHeaderValue("Bearer", await server.TokenAsync($"long {links}"));
        using (var created = await http.SendAsync(creation)) created.EnsureSuccessStatusCode();

        while (chain.Count < links)
        {
            var next = TestAuthority.Code(random);
            var (body, keyset) = Replacement(chain[^1], phone, code.Id, next, random);
            chain.Add(Sign(body, phone, next));
            // The last one has room for what many items would tell.
            manifest = Manifest(chain[^1], manifest, phone, random, chain.Count < links ? 512 : PrivateBytes);
            var account = new LongAccount(server, phone, next.Id, chain, manifest);
            using var answer = await http.SendAsync(account.Request(
                HttpMethod.Post, "/v1/commits", new CommitBundle(chain[^1], keyset, manifest, []).Encode()));
            if (!answer.IsSuccessStatusCode)
                throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
            code.Dispose();
            code = next;
        }

        var id = code.Id;
        code.Dispose();
        return new LongAccount(server, phone, id, chain, manifest);
    }

    /// <summary>A commit with a link that everything is right about but its signature.</summary>
    public byte[] ForgedLink(int number)
    {
        var random = new TestRandom(number);
        using var code = TestAuthority.Code(random);
        using var stranger = TestAuthority.Device(random);
        var (body, keyset) = Replacement(_links[^1], _phone, _code, code, random);
        var link = Sign(body, stranger, code);
        return new CommitBundle(link, keyset, Manifest(link, _manifest, _phone, random, 512), []).Encode();
    }

    /// <summary>A request of the phone's.</summary>
    public HttpRequestMessage Request(HttpMethod method, string target, byte[]? body = null)
    {
        var request = new HttpRequestMessage(
            method, new Uri(_server.Address, target)) { Content = body is null ? null : Cbor(body) };
        foreach (var (name, value) in Headers(method, target, body))
            request.Headers.TryAddWithoutValidation(name, value);
        return request;
    }

    /// <summary>What the phone signs a request with.</summary>
    public IEnumerable<(string Name, string Value)> Headers(HttpMethod method, string target, byte[]? body = null)
    {
        var digest = HttpSignature.ContentDigest(body);
        var (input, signature) = HttpSignature.Sign(
            _phone.Signing, KeyId, DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
            new HttpRequestParts(method.Method, _server.Address.Authority, target, "?", digest));
        return [("Signature-Input", input), ("Signature", signature), ("Content-Digest", digest)];
    }

    public void Dispose() => _phone.Dispose();

    // No cap of a day or a chain's life stands against a link that removes as many as it adds. The key that leads back
    // is opened by nobody here.
    private static (byte[] Body, Keyset Keyset) Replacement(
        SignedChainLink before, TestAuthority phone, AuthorityId code, TestAuthority next, TestRandom random)
    {
        using var key = EpochKey.Create(before.Link.Account, before.Link.Epoch + 1, random);
        var keyset = Keyset.Create(key, [new(phone.Id, phone.Kem.PublicKey), new(next.Id, next.Kem.PublicKey)]);
        return (new ChainLink
        {
            Account = before.Link.Account,
            Sequence = before.Link.Sequence + 1,
            Previous = before.Hash,
            Epoch = key.Epoch,
            EpochCommit = key.Commit,
            PreviousEpoch = before.Link.Epoch,
            PreviousEpochKey = random.Bytes(ChainLink.PreviousEpochKeySize),
            KeysetHash = keyset.Hash,
            Add = [next.Entry],
            Remove = [code],
            Time = 1,
            Signer = phone.Id,
        }.Encode(), keyset);
    }

    private static ByteArrayContent Cbor(byte[] body) =>
        new(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/cbor") } };

    private static SignedChainLink Sign(
        ReadOnlyMemory<byte> body, TestAuthority signer, params TestAuthority[] added) =>
        SignedChainLink.Create(
            body, signer.Signing.Sign(SignatureLabel.Link, body.Span),
            [.. added.OrderBy(a => a.Id).Select(a => ChainLinkDraft.ProvePossession(a.Signing, body))]);

    // Its sealed part is opened by nobody here.
    private static SignedManifest Manifest(
        SignedChainLink head, SignedManifest before, TestAuthority signer, TestRandom random, int privateBytes) =>
        SignedManifest.Sign(
            new Manifest
            {
                Account = head.Link.Account,
                Version = before.Manifest.Version + 1,
                Previous = before.Hash,
                Trail = before.NextTrail,
                ChainHead = new ChainPlace(head.Link.Sequence, head.Hash),
                Epoch = head.Link.Epoch,
                LeafLabel = new Hash256(random.Bytes(32)),
                Private = random.Bytes(privateBytes),
                Signer = signer.Id,
            },
            signer.Signing);
}
