using System.Net;
using System.Security.Cryptography;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Stores;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Support;

/// <summary>An account on a test's server: a phone and a code, and requests made by hand.</summary>
internal sealed class TestAccount
{
    private TestAccount(TestHost host, string app, string subject, CommitBundle begin, Party phone, Party code)
    {
        Host = host;
        App = app;
        Subject = subject;
        Begin = begin;
        Phone = phone;
        Code = code;
    }

    public TestHost Host { get; }

    public string App { get; }

    public string Subject { get; }

    /// <summary>The commit that made it.</summary>
    public CommitBundle Begin { get; }

    public AccountId Id => Begin.Link!.Link.Account;

    public Party Phone { get; }

    public Party Code { get; }

    /// <summary>A new account.</summary>
    /// <param name="host">Where.</param>
    /// <param name="app">The app's id.</param>
    /// <param name="subject">The user; a new one by default.</param>
    /// <param name="repeats">How often the same is asked again where the server says "later", as clients do.</param>
    public static async Task<TestAccount> CreateAsync(
        TestHost host, string app = "demo", string? subject = null, int repeats = 0)
    {
        var (phone, code) = (Party.Device(), Party.Code());
        subject ??= Guid.NewGuid().ToString("N");
        var begin = phone.Begin(app, code);
        var status = HttpStatusCode.ServiceUnavailable;
        for (var left = repeats; left >= 0 && status == HttpStatusCode.ServiceUnavailable; left--)
        {
            using var response = await host.CreateAccountAsync(await host.TokenAsync(subject, app), begin.Encode());
            status = response.StatusCode;
        }

        Assert.Equal(HttpStatusCode.Created, status);
        return new TestAccount(host, app, subject, begin, phone, code);
    }

    /// <summary>The same account at a host that was started later.</summary>
    public TestAccount At(TestHost host) => new(host, App, Subject, Begin, Phone, Code);

    /// <summary>The vault as a party reads, verifies and opens it.</summary>
    public async Task<OpenVault> OpenAsync(Party? by = null)
    {
        by ??= Phone;
        using var response = await SendAsync(by, HttpMethod.Get, "/v1/vault");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return Open(by, await response.Content.ReadAsByteArrayAsync());
    }

    public OpenVault Open(Party by, byte[] bytes)
    {
        var verdict = VaultVerdictOf(by, bytes);
        var (vault, fault) = verdict.Vault.Open(by.Id, by.Kem);
        Assert.Equal(ProtocolFault.None, fault);
        return vault!;
    }

    public Task<HttpResponseMessage> SendAsync(
        Party by, HttpMethod method, string target, byte[]? body = null, string type = "application/cbor",
        Action<HttpRequestMessage>? adjust = null)
    {
        var request = by.Of(Id).Request(Host.Address, method, target, body, type);
        adjust?.Invoke(request);
        return Host.Client.SendAsync(request);
    }

    public Task<HttpResponseMessage> CommitAsync(Party by, CommitBundle commit) =>
        SendAsync(by, HttpMethod.Post, "/v1/commits", commit.Encode());

    public async Task CommittedAsync(Party by, CommitBundle commit)
    {
        using var response = await CommitAsync(by, commit);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    public async Task<string> EntityTagAsync(Party? by = null)
    {
        using var response = await SendAsync(by ?? Phone, HttpMethod.Get, "/v1/vault");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response.Headers.ETag!.Tag;
    }

    /// <summary>A commit with a link.</summary>
    public static CommitBundle LinkCommit(
        OpenVault vault, Party by, Party[] add, AuthorityId[] remove, bool beginEpoch = false)
    {
        var draft = ChainLinkDraft.Next(
            vault, new ChainLinkChange([.. add.Select(a => a.Entry)], [.. remove], beginEpoch), by.Id,
            Party.Now, SystemRandom.Instance);
        var manifest = ManifestDraft.Next(vault, draft, new ManifestChange(), by.Id, by.Signing, SystemRandom.Instance);
        return new CommitBundle(draft.Sign(by.Signing, Party.Proofs(draft, add)), draft.Keyset, manifest, []);
    }

    /// <summary>A commit that puts one item, inside it.</summary>
    public static CommitBundle ItemCommit(
        OpenVault vault, Party by, byte[]? content = null, ManifestItem? replaced = null)
    {
        var (item, change) = Put(vault, content ?? RandomNumberGenerator.GetBytes(100), replaced);
        return new CommitBundle(null, null, Manifest(vault, by, change), [item]);
    }

    public static SignedManifest Manifest(OpenVault vault, Party by, ManifestChange change) =>
        ManifestDraft.Next(vault, null, change, by.Id, by.Signing, SystemRandom.Instance);

    /// <summary>A sealed item and the change that names it.</summary>
    public static (byte[] Item, ManifestChange Change) Put(
        OpenVault vault, byte[] content, ManifestItem? replaced = null)
    {
        var key = vault.Keys.Current;
        var id = replaced?.Id ?? new ItemId(RandomNumberGenerator.GetBytes(16));
        var header = new ItemHeader(
            vault.Vault.Account, id, (replaced?.Version ?? 0) + 1, key.Epoch, replaced?.Hash ?? default);
        var item = SealedItem.Seal(key, header, id.ToString(), content, SystemRandom.Instance);
        var entry = new ManifestItem(id, header.Version, key.Epoch, item.Length, Hash256.Of(item));
        return (item,
            new ManifestChange { Put = [(entry, new ItemNote(id, id.ToString(), content.Length, Party.Now))] });
    }

    private VaultVerdict.Ok VaultVerdictOf(Party by, byte[] bytes) => Assert.IsType<VaultVerdict.Ok>(
        VerifiedVault.Verify(App, VaultBundle.Decode(bytes), new OwnIdentity(by.Id, by.Signing.PublicKey), null,
            [Host.Services.GetRequiredService<KeyRecoveryService>().Erasures.AuditKey]));
}
