using Azure;
using Azure.Core;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Service.Keys;
using KeyRecovery.Storage.Files.Ring;

namespace KeyRecovery.Api.Stores;

/// <summary>Reads root keys from Azure Key Vault, by its own client and its retries.</summary>
/// <param name="credential">Who the process is to Azure.</param>
/// <param name="client">How the vault is reached; null for the client's own way.</param>
internal sealed class VaultSecrets(TokenCredential credential, SecretClientOptions? client)
{
    /// <summary>The value of a secret.</summary>
    /// <exception cref="KekRingException">The vault does not give it.</exception>
    public async Task<string> ReadAsync(Uri uri)
    {
        if (!VaultSecret.TryRead(uri, out var secret))
            throw new KekRingException($"{uri} names no secret of a key vault");
        try
        {
            var answer = await new SecretClient(secret.Vault, credential, client ?? new SecretClientOptions())
                .GetSecretAsync(secret.Name, secret.Version);
            return SettingRootKey.IsKey(answer.Value.Value)
                ? answer.Value.Value : throw new KekRingException($"{uri} is not base64 of 32 bytes");
        }
        // Several tries that reached nobody are an AggregateException.
        catch (Exception e) when (e is RequestFailedException or AuthenticationFailedException or AggregateException
            or OperationCanceledException)
        {
            throw new KekRingException(
                $"the root key cannot be read from {uri}: "
                + $"{(e as RequestFailedException)?.ErrorCode ?? FailureWords.Of(e) ?? e.GetType().Name}", e);
        }
    }
}
