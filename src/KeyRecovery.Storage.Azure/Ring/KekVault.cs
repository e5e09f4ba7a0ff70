using System.Runtime.CompilerServices;
using Azure;
using Azure.Core;
using Azure.Security.KeyVault.Secrets;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Storage.Azure.Ring;

/// <summary>
/// An Azure Key Vault as the place of wrapped KEKs. Setting a secret is no compare-and-set, so each is set under a name
/// that nobody else draws, once.
/// </summary>
/// <param name="client">The vault, for this server alone, without purge protection.</param>
/// <param name="time">Tells how long a deletion takes.</param>
public sealed class KekVault(SecretClient client, TimeProvider time)
{
    private const int Absent = 404;
    private const int Conflict = 409;
    private const int Forbidden = 403;
    private const int MaxValue = 4_096;
    private const string Purgeable = "Purgeable";

    // A vault deletes and purges in some seconds.
    private const int PurgeChecks = 60;
    private static readonly TimeSpan PurgePause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How the vault is to be reached: each try waits for 10 s, and four more follow it, 0.5 to 8 s apart, or as long
    /// as the vault says.
    /// </summary>
    public static SecretClientOptions Options() => new()
    {
        Retry =
        {
            Mode = RetryMode.Exponential, MaxRetries = 4, Delay = TimeSpan.FromSeconds(0.5),
            MaxDelay = TimeSpan.FromSeconds(8), NetworkTimeout = TimeSpan.FromSeconds(10),
        },
    };

    /// <summary>Sets a secret of a name that was drawn for it.</summary>
    /// <returns>Whether the vault lets it be purged.</returns>
    /// <exception cref="StoreUnavailableException">The vault cannot answer; the secret may be set.</exception>
    internal Task<bool> PutAsync(string name, byte[] wrapped, CancellationToken ct) => GuardAsync(async () =>
    {
        var set = await client.SetSecretAsync(name, Convert.ToBase64String(wrapped), ct).ConfigureAwait(false);
        return set.Value.Properties.RecoveryLevel?.Contains(Purgeable, StringComparison.Ordinal) == true;
    }, ct);

    /// <summary>What was set; null where there is none.</summary>
    /// <exception cref="StoreUnavailableException">The vault cannot answer, or what it gives is none.</exception>
    internal Task<byte[]?> GetAsync(string name, CancellationToken ct) => GuardAsync(async () =>
    {
        try
        {
            var value = (await client.GetSecretAsync(name, cancellationToken: ct).ConfigureAwait(false)).Value.Value;
            return value.Length <= MaxValue
                ? Convert.FromBase64String(value) : throw new FormatException("a secret is too long");
        }
        catch (RequestFailedException e) when (e.Status == Absent)
        {
            return null;
        }
    }, ct);

    /// <summary>Names that begin with <paramref name="prefix"/>, of secrets and of those that are deleted.</summary>
    /// <exception cref="StoreUnavailableException">The vault cannot answer.</exception>
    internal async IAsyncEnumerable<string> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        var there = client.GetPropertiesOfSecretsAsync(ct).GetAsyncEnumerator(ct);
        await using (there.ConfigureAwait(false))
        {
            while (await GuardAsync(() => there.MoveNextAsync().AsTask(), ct).ConfigureAwait(false))
                if (there.Current.Name.StartsWith(prefix, StringComparison.Ordinal)) yield return there.Current.Name;
        }

        var deleted = client.GetDeletedSecretsAsync(ct).GetAsyncEnumerator(ct);
        await using (deleted.ConfigureAwait(false))
        {
            while (await GuardAsync(() => deleted.MoveNextAsync().AsTask(), ct).ConfigureAwait(false))
            {
                if (deleted.Current.Name.StartsWith(prefix, StringComparison.Ordinal))
                    yield return deleted.Current.Name;
            }
        }
    }

    /// <summary>
    /// Deletes and purges a secret, every version of it, and looks whether it is gone; nothing where there is none.
    /// </summary>
    /// <returns>Whether the vault knows it no more, neither as a secret nor as a deleted one.</returns>
    /// <exception cref="StoreUnavailableException">The vault cannot answer; the secret may be gone.</exception>
    internal async Task<bool> PurgeAsync(string name, CancellationToken ct)
    {
        await GuardAsync(() => IgnoringAsync(() => client.StartDeleteSecretAsync(name, ct)), ct).ConfigureAwait(false);
        for (var check = 0; check < PurgeChecks; check++)
        {
            if (check > 0) await Task.Delay(PurgePause, time, ct).ConfigureAwait(false);
            var mayPurge = await GuardAsync(
                () => IgnoringAsync(() => client.PurgeDeletedSecretAsync(name, ct)), ct).ConfigureAwait(false);
            if (await GetAsync(name, ct).ConfigureAwait(false) is null
                && await GuardAsync(() => IgnoringAsync(() => client.GetDeletedSecretAsync(name, ct)), ct)
                    .ConfigureAwait(false) == Absent) return true;
            // It is protected, or this server may not.
            if (mayPurge == Forbidden) return false;
        }

        return false;
    }

    // 0, or why it could not be done where that is no fault: there is none, or it is still on its way.
    private static async Task<int> IgnoringAsync<T>(Func<Task<T>> act)
    {
        try
        {
            await act().ConfigureAwait(false);
            return 0;
        }
        catch (RequestFailedException e) when (e.Status is Absent or Conflict or Forbidden)
        {
            return e.Status;
        }
    }

    private async Task<T> GuardAsync<T>(Func<Task<T>> act, CancellationToken ct)
    {
        try
        {
            return await act().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not StoreUnavailableException && !ct.IsCancellationRequested)
        {
            // The message of an error, and of one about a value, may hold all of the answer.
            throw new StoreUnavailableException(
                StoreFault.Failed,
                $"the key vault {client.VaultUri} does not answer: "
                + ((e as RequestFailedException)?.ErrorCode ?? e.GetType().Name));
        }
    }
}
