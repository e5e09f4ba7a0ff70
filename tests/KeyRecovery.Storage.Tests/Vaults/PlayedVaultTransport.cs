using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;
using KeyRecovery.Storage.Azure.Ring;
using KeyRecovery.Storage.Tests.Places;
using KeyRecovery.Testing.Emulators;

namespace KeyRecovery.Storage.Tests.Vaults;

/// <summary>The way from the real client to a vault that is played in this process.</summary>
internal sealed class PlayedVaultTransport(PlayedVault vault) : HttpPipelineTransport
{
    private readonly HttpClientTransport _requests = new();

    public override Request CreateRequest() => _requests.CreateRequest();

    public override void Process(HttpMessage message) => throw new NotSupportedException("nothing waits here");

    public override async ValueTask ProcessAsync(HttpMessage message)
    {
        await Task.Yield();
        var request = message.Request;
        using var sent = new MemoryStream();
        request.Content?.WriteTo(sent, default);
        var answer = vault.Answer(
            request.Method.Method, request.Uri.ToUri().AbsolutePath, request.Headers.Contains("Authorization"),
            sent.ToArray());
        var response = answer.Body is { } body
            ? new MadeResponse(answer.Status, answer.Error, JsonSerializer.SerializeToUtf8Bytes(body))
                .With("Content-Type", "application/json")
            : new MadeResponse(answer.Status, answer.Error);
        if (answer.Header is var (name, value)) response.With(name, value);
        message.Response = response;
    }
}

/// <summary>Clients of a played vault.</summary>
internal static class PlayedVaultClients
{
    /// <summary>The client of an instance.</summary>
    public static KekVault Open(this PlayedVault vault, HttpPipelinePolicy? between = null, int retries = 4)
    {
        var options = KekVault.Options();
        options.Transport = new PlayedVaultTransport(vault);
        options.Retry.MaxRetries = retries;
        options.Retry.Delay = TimeSpan.FromMilliseconds(1);
        if (between is not null) options.AddPolicy(between, HttpPipelinePosition.PerRetry);
        return new KekVault(
            new SecretClient(new Uri($"https://{PlayedVault.Host}"), new Token(), options), new Hasty());
    }

    private sealed class Token : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new("a-token", DateTimeOffset.MaxValue);

        public override ValueTask<AccessToken> GetTokenAsync(
            TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }

    // What a vault does in seconds is done here at once.
    private sealed class Hasty : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
