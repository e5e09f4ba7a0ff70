using System.Net.Http.Headers;
using KeyRecovery.Protocol.Http;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Load;

/// <summary>
/// An account whose code was replaced hundreds of times, and its epoch thousands. It comes to the server by one repair,
/// and not by as many commits.
/// </summary>
internal sealed class LongAccount : IDisposable
{
    // A chain adds 512 authorities at most.
    private const int Codes = 400;

    private readonly ServerProcess _server;
    private readonly TestAuthority _phone;
    private readonly List<SignedChainLink> _links;
    private readonly SignedManifest _manifest;
    private readonly Keyset _keyset;

    private LongAccount(
        ServerProcess server, TestAuthority phone, List<SignedChainLink> links, Keyset keyset, SignedManifest manifest)
    {
        _server = server;
        _phone = phone;
        _links = links;
        (_keyset, _manifest) = (keyset, manifest);
    }

    /// <summary>The device's name in signatures.</summary>
    public string KeyId => Protocol.Wire.KeyId.OfDevice(_links[0].Link.Account, _phone.Id).ToString();

    /// <summary>Makes the account and gives the server all of its links.</summary>
    public static async Task<LongAccount> CreateAsync(ServerProcess server, HttpClient http, int links)
    {
        var random = new TestRandom(links);
        var (phone, code) = (TestAuthority.Device(random), TestAuthority.Code(random));
        var begin = ChainLinkDraft.Begin("demo", phone.Added, [code.Added], 1, random);
        var first = ManifestDraft.First(begin, new ManifestChange(), phone.Signing, random);
        var chain = new List<SignedChainLink> { Sign(begin.Body, phone, phone, code) };
        using var creation = new HttpRequestMessage(HttpMethod.Post,
            "/v1/accounts") { Content = Cbor(new CommitBundle(chain[0], begin.Keyset, first, []).Encode()) };
        creation.Headers.Authorization =
            new AuthenticationHeaderValue("Bearer", await server.TokenAsync($"long {links}"));
        using (var created = await http.SendAsync(creation)) created.EnsureSuccessStatusCode();

        var (keyset, key) = (begin.Keyset, begin.Key);
        while (chain.Count < links)
        {
            var before = chain[^1];
            var nextKey = EpochKey.Create(before.Link.Account, before.Link.Epoch + 1, random);
            var nextCode = chain.Count < Codes ? TestAuthority.Code(random) : code;
            keyset = Keyset.Create(
                nextKey, [new(phone.Id, phone.Kem.PublicKey), new(nextCode.Id, nextCode.Kem.PublicKey)]);
            var body = new ChainLink
            {
                Account = before.Link.Account,
                Sequence = before.Link.Sequence + 1,
                Previous = before.Hash,
                Epoch = nextKey.Epoch,
                EpochCommit = nextKey.Commit,
                PreviousEpoch = before.Link.Epoch,
                PreviousEpochKey = random.Bytes(ChainLink.PreviousEpochKeySize),
                KeysetHash = keyset.Hash,
                Add = nextCode == code ? [] : [nextCode.Entry],
                Remove = nextCode == code ? [] : [code.Id],
                Time = 1,
                Signer = phone.Id,
            }.Encode();
            chain.Add(nextCode == code ? Sign(body, phone) : Sign(body, phone, nextCode));
            if (nextCode != code) code.Dispose();
            key.Dispose();
            (key, code) = (nextKey, nextCode);
        }

        key.Dispose();
        code.Dispose();
        var account = new LongAccount(server, phone, chain, keyset, Manifest(chain[^1], first, phone, random));
        using var repaired =
            await http.SendAsync(
                account.Request(
                    HttpMethod.Post, "/v1/repair",
                    new RepairBundle([.. chain], [keyset], account._manifest) { Between = [first.Hash] }.Encode()));
        if (!repaired.IsSuccessStatusCode)
            throw new InvalidOperationException(await repaired.Content.ReadAsStringAsync());
        return account;
    }

    /// <summary>A commit with a link that everything is right about but its signature.</summary>
    public byte[] ForgedLink(int number)
    {
        var head = _links[^1];
        var random = new TestRandom(number);
        using var code = TestAuthority.Code(random);
        using var stranger = TestAuthority.Device(random);
        using var key = EpochKey.Create(head.Link.Account, head.Link.Epoch, random);
        var keyset = Keyset.Create(key, [new(code.Id, code.Kem.PublicKey)]);
        var body = (head.Link with
        {
            Sequence = head.Link.Sequence + 1, Previous = head.Hash, PreviousEpoch = 0,
            PreviousEpochKey = ReadOnlyMemory<byte>.Empty, KeysetHash = keyset.Hash, Add = [code.Entry], Remove = [],
        }).Encode();
        var link = Sign(body, stranger, code);
        return new CommitBundle(link, keyset, Manifest(link, _manifest, _phone, random), []).Encode();
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

    private static ByteArrayContent Cbor(byte[] body) =>
        new(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/cbor") } };

    private static SignedChainLink Sign(
        ReadOnlyMemory<byte> body, TestAuthority signer, params TestAuthority[] added) =>
        SignedChainLink.Create(
            body, signer.Signing.Sign(SignatureLabel.Link, body.Span),
            [.. added.OrderBy(a => a.Id).Select(a => ChainLinkDraft.ProvePossession(a.Signing, body))]);

    // Its sealed part is opened by nobody here.
    private static SignedManifest Manifest(
        SignedChainLink head, SignedManifest before, TestAuthority signer, TestRandom random) =>
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
                Private = random.Bytes(512),
                Signer = signer.Id,
            },
            signer.Signing);
}
