using System.Globalization;
using System.Text;
using System.Text.Json;
using KeyRecovery.Protocol.Http;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// A device of the real SDK whose requests are made and signed ahead, so that a run measures the server.
/// </summary>
internal sealed class PreparedDevice : IDisposable
{
    private readonly DeviceState _state;
    private readonly SigningKey _signing;
    private readonly Uri _server;

    private PreparedDevice(DeviceState state, Uri server)
    {
        _state = state;
        _server = server;
        _signing = SigningKey.FromSeed(state.SigningSeed.Span);
    }

    public static async Task<PreparedDevice> CreateAsync(ServerProcess server, string subject)
    {
        using var device = new TestDevice(server.Address);
        return await CreateAsync(device, await server.TokenAsync(subject));
    }

    /// <summary>The same, made of a device that has no account yet.</summary>
    public static async Task<PreparedDevice> CreateAsync(TestDevice device, string token)
    {
        using (await device.CreateAsync(token, null)) { }
        return new PreparedDevice((await device.Store.LoadAsync(default))!, device.Server);
    }

    /// <summary>A <c>GET /v1/vault</c> that finds nothing changed.</summary>
    public byte[] UnchangedVault()
    {
        var tag = SignedManifest.Decode(_state.Known!.Manifest).Hash;
        return Request("GET", "/v1/vault", "", [], $"If-None-Match: \"{tag}\"\r\n");
    }

    /// <summary>Commits that follow one another, each with a new version of one item inside.</summary>
    public List<byte[]> Commits(int count, int contentSize)
    {
        var requests = new List<byte[]>(count);
        var random = SystemRandom.Instance;
        using var kem = KemPrivateKey.FromSeed(_state.KemSeed.Span);
        var own = new OwnIdentity(_state.Device, _signing.PublicKey);
        var vault = ((VaultVerdict.Ok)VerifiedVault.Reopen("demo", _state.Known!, own)).Vault;
        var content = new byte[contentSize];
        random.Fill(content);
        var idBytes = new byte[16];
        random.Fill(idBytes);
        var (id, previous) = (new ItemId(idBytes), default(Hash256));
        for (var version = 1; version <= count; version++)
        {
            using var open = vault.Open(_state.Device, kem).Vault!;
            var key = open.Keys.Current;
            var item = SealedItem.Seal(
                key, new ItemHeader(_state.Account, id, (ulong)version, key.Epoch, previous), "item", content, random);
            previous = Hash256.Of(item);
            var change = new ManifestChange
            {
                Put = [
                    (new ManifestItem(id, (ulong)version, key.Epoch, item.Length, previous),
                        new ItemNote(id, "item", contentSize, 1)),
                ],
            };
            var manifest = ManifestDraft.Next(open, null, change, _state.Device, _signing, random);
            requests.Add(
                Request("POST", "/v1/commits", "application/cbor",
                    new CommitBundle(null, null, manifest, [item]).Encode(), ""));
            // The server's head is not known ahead: what is kept needs none that is signed.
            var kept = vault.ToBundle() with
            {
                Manifest = manifest.Bytes,
                Head = TestHome.Sign(manifest).Bytes,
                Hashes = vault.Hashes.Add(vault.Manifest.Hash),
            };
            vault = ((VaultVerdict.Ok)VerifiedVault.Reopen("demo", kept, own)).Vault;
        }
        return requests;
    }

    /// <summary>Opens a link session, of which the relay gets hashes only.</summary>
    public byte[] OpenLink(string sessionId, Hash256 joinToken, Hash256 bearer) => Request(
        "POST", "/v1/links", "application/json",
        JsonSerializer.SerializeToUtf8Bytes(
            new { sessionId, joinTokenHash = joinToken.ToString(), bearerHash = bearer.ToString() }), "");

    public void Dispose()
    {
        _signing.Dispose();
        _state.Dispose();
    }

    private byte[] Request(string method, string path, string contentType, byte[] body, string headers)
    {
        var digest = HttpSignature.ContentDigest(body);
        var (input, signature) = HttpSignature.Sign(
            _signing, KeyId.OfDevice(_state.Account, _state.Device).ToString(),
            DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
            new HttpRequestParts(method, _server.Authority, path, "?", digest));
        var head = string.Create(CultureInfo.InvariantCulture,
            $"{method} {path} HTTP/1.1\r\nHost: {_server.Authority}\r\nContent-Digest: {digest}\r\nSignature-Input: "
            + $"{input}\r\nSignature: {signature}\r\n{headers}");
        if (contentType.Length != 0)
            head += string.Create(
                CultureInfo.InvariantCulture, $"Content-Type: {contentType}\r\nContent-Length: {body.Length}\r\n");
        return [.. Encoding.ASCII.GetBytes(head + "\r\n"), .. body];
    }
}
