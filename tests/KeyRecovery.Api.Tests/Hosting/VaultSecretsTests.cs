using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Stores;
using KeyRecovery.Service.Keys;
using KeyRecovery.Storage.Files.Ring;

namespace KeyRecovery.Api.Tests.Hosting;

/// <summary>
/// The root key from Azure Key Vault: the real client, against a vault that is played here since none can be had.
/// </summary>
public sealed class VaultSecretsTests
{
    private const string Vault = "https://keys.vault.azure.net";

    private static readonly string Key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    [Theory]
    [InlineData(Vault + "/secrets/root", "root", null)]
    [InlineData(Vault + "/secrets/root/", "root", null)]
    [InlineData(Vault + "/secrets/root/0123abcd", "root", "0123abcd")]
    public void A_secret_is_named_by_its_address(string address, string name, string? version)
    {
        Assert.True(VaultSecret.TryRead(new Uri(address), out var secret));
        Assert.Equal((new Uri(Vault), name, version), (secret.Vault, secret.Name, secret.Version));
    }

    [Theory]
    [InlineData("http://keys.vault.azure.net/secrets/root")]
    [InlineData(Vault + "/keys/root")]
    [InlineData(Vault + "/secrets/")]
    [InlineData(Vault + "/secrets/root/1/2")]
    [InlineData(Vault + "/secrets/root?x=1")]
    public void Any_other_address_is_none(string address) => Assert.False(VaultSecret.TryRead(new Uri(address), out _));

    [Fact]
    public async Task It_is_read_with_the_token_that_the_vault_asks_for()
    {
        using var vault = new PlayedVault { Value = Key };
        Assert.Equal(Key, await vault.Secrets.ReadAsync(new Uri(Vault + "/secrets/root/7")));
        Assert.Equal(["/secrets/root/7 anonymous", "/secrets/root/7 a-token"], vault.Asked);
    }

    [Fact]
    public async Task A_vault_that_refuses_or_holds_something_else_is_told_and_its_secret_is_not()
    {
        using var refusing = new PlayedVault { Value = Key, Status = HttpStatusCode.Forbidden };
        var refused = await Assert.ThrowsAsync<KekRingException>(
            () => refusing.Secrets.ReadAsync(new Uri(Vault + "/secrets/root")));
        Assert.Contains("cannot be read from", refused.Message, StringComparison.Ordinal);

        using var other = new PlayedVault { Value = "a password that somebody put there" };
        var wrong =
            await Assert.ThrowsAsync<KekRingException>(() => other.Secrets.ReadAsync(new Uri(Vault + "/secrets/root")));
        Assert.Contains("is not base64 of 32 bytes", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("password", wrong.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_vault_that_nobody_reaches_is_told_with_what_the_network_says()
    {
        using var away = new PlayedVault { Value = Key, IsAway = true };
        var told = await Assert.ThrowsAsync<KekRingException>(
            () => away.Secrets.ReadAsync(new Uri(Vault + "/secrets/root")));
        Assert.EndsWith("/secrets/root: network: HostNotFound", told.Message, StringComparison.Ordinal);
    }

    // Speaks the vault's protocol: 401 with a challenge, then the secret as JSON.
    private sealed class PlayedVault : HttpMessageHandler
    {
        public required string Value { get; init; }

        public HttpStatusCode Status { get; init; } = HttpStatusCode.OK;

        public bool IsAway { get; init; }

        public List<string> Asked { get; } = [];

        public VaultSecrets Secrets =>
            new(new Token(),
                new SecretClientOptions
                {
                    Transport = new HttpClientTransport(this),
                    Retry = { MaxRetries = IsAway ? 1 : 0, Delay = TimeSpan.Zero },
                });

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Yield();
            if (IsAway)
                throw new HttpRequestException("away", new SocketException((int)SocketError.HostNotFound));
            var token = request.Headers.Authorization;
            Asked.Add($"{request.RequestUri!.AbsolutePath} {token?.Parameter ?? "anonymous"}");
            if (token is null)
            {
                return new HttpResponseMessage(HttpStatusCode.Unauthorized)
                {
                    Headers =
                    {
                        WwwAuthenticate =
                        {
                            new AuthenticationHeaderValue("Bearer",
                                "authorization=\"https://login.microsoftonline.com/"
                                + "11111111-2222-3333-4444-555555555555\", "
                                + "resource=\"https://vault.azure.net\""),
                        },
                    },
                };
            }

            return Status == HttpStatusCode.OK
                ? new HttpResponseMessage(
                    Status) {
                        Content = JsonContent.Create(
                            new { value = Value, id = $"{Vault}/secrets/root/7", attributes = new { enabled = true } }),
                    }
                : new HttpResponseMessage(Status) {
                    Content = JsonContent.Create(new { error = new { code = "Forbidden", message = "no" } }),
                };
        }
    }

    private sealed class Token : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Assert.Equal(["https://vault.azure.net/.default"], requestContext.Scopes);
            return new AccessToken("a-token", DateTimeOffset.UtcNow.AddHours(1));
        }

        public override ValueTask<AccessToken> GetTokenAsync(
            TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }
}
