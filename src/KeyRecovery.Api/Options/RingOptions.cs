namespace KeyRecovery.Api.Options;

/// <summary>Where the KEK ring lies, and where its root key comes from.</summary>
internal sealed class RingOptions
{
    /// <summary>A directory that belongs to the ring alone: neither inside another's nor around it.</summary>
    public string? Directory { get; set; }

    /// <summary>
    /// Base64 of the 32 bytes of the root key. Default: none, and the key lies in the directory's <c>root.key</c>.
    /// Meant for the environment (<c>KeyRecovery__Ring__RootKey</c>): a command line is read by everybody. Never
    /// logged.
    /// </summary>
    public string? RootKey { get; set; }

    /// <summary>The root key that shall take its place: all is wrapped under it at the next start.</summary>
    public string? RootKeyNext { get; set; }

    /// <summary>
    /// Azure Key Vault instead: <c>https://VAULT.vault.azure.net/secrets/NAME/VERSION</c>, a secret that is such
    /// base64. Read once, at the start, as <see cref="Credential"/>.
    /// </summary>
    public Uri? RootKeyVault { get; set; }

    /// <summary>As <see cref="RootKeyNext"/>, in a vault.</summary>
    public Uri? RootKeyVaultNext { get; set; }

    /// <summary>
    /// The ring of several instances: <c>https://VAULT.vault.azure.net</c>, a vault without purge protection that this
    /// server has for itself. Default: none, and the ring lies in the directory's <c>kek-ring</c>.
    /// </summary>
    public Uri? KeyVault { get; set; }

    /// <summary>Who the server is to these vaults: any kind but a key.</summary>
    public AzureCredentialOptions Credential { get; set; } = new();
}
