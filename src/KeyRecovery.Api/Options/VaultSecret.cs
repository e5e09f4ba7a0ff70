using System.Diagnostics.CodeAnalysis;

namespace KeyRecovery.Api.Options;

/// <summary>Where a secret is in Azure Key Vault.</summary>
/// <param name="Vault">The vault.</param>
/// <param name="Name">The secret's name.</param>
/// <param name="Version">Its version; null for the newest.</param>
internal sealed record VaultSecret(Uri Vault, string Name, string? Version)
{
    /// <summary>Reads <c>https://VAULT/secrets/NAME</c>, with <c>/VERSION</c> behind it or without.</summary>
    public static bool TryRead(Uri uri, [NotNullWhen(true)] out VaultSecret? secret)
    {
        secret = uri is { IsAbsoluteUri: true, Scheme: "https", Query: "" }
            && uri.AbsolutePath.Split('/') is ["", "secrets", { Length: > 0 } name, .. var rest]
            && rest is [] or [_]
            ? new VaultSecret(new Uri(uri.GetLeftPart(UriPartial.Authority)), name, rest is [{ Length: > 0 } version]
                ? version : null)
            : null;
        return secret is not null;
    }
}
